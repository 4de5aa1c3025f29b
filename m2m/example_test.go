package m2m_test

import (
	"fmt"
	"regexp"

	"github.com/latchkey-dev/latchkey/m2m"
)

// A key says what it is before anybody is asked whether it is good.
func ExampleParseKey() {
	key, err := m2m.ParseKey("lk_at_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Kn6Vx")
	if err != nil {
		fmt.Println(err)
		return
	}
	prefix, lastFour := key.Hint()
	fmt.Println(key.Kind == m2m.AccessToken, prefix, lastFour)
	fmt.Println(key)

	_, err = m2m.ParseKey("lk_at_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Kn6Vy")
	fmt.Println(err)
	// Output:
	// true lk_at n6Vx
	// lk_at_[redacted]
	// m2m: not a key
}

// A scanner looks for the pattern, and the checksum weeds out what only looks
// like a key.
func ExamplePattern() {
	text := `
		export API_KEY=lk_at_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Kn6Vx
		export EXAMPLE=lk_at_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
	`
	for _, match := range regexp.MustCompile(m2m.Pattern).FindAllString(text, -1) {
		if key, err := m2m.ParseKey(match); err == nil {
			fmt.Println("leaked:", key)
		}
	}
	// Output:
	// leaked: lk_at_[redacted]
}

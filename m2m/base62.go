package m2m

// alphabet gives the digits their values: 0-9 are 0 to 9, A-Z 10 to 35, a-z 36 to 61.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// base62 writes the big-endian number in base 62 with exactly so many digits,
// most significant first. The digits must be enough for the number.
func base62(number []byte, digits int) string {
	rest := append([]byte(nil), number...)
	out := make([]byte, digits)
	for i := digits - 1; i >= 0; i-- {
		// One long division of the whole number by 62 gives one digit.
		remainder := 0
		for j, b := range rest {
			dividend := remainder<<8 | int(b)
			rest[j] = byte(dividend / 62)
			remainder = dividend % 62
		}
		out[i] = alphabet[remainder]
	}
	return string(out)
}

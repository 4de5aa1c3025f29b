package tokens

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/latchkey-dev/latchkey/m2m"
	"github.com/latchkey-dev/latchkey/models"
)

func TestParseMetadata_GivesTheShortestForm(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"":        `{}`,
		" \r\n\t": `{}`,
		" { } ":   `{}`,
		`{ "b" : 1 , "a" : [ true, null , {"x":"y"} ] }`:     `{"b":1,"a":[true,null,{"x":"y"}]}`,
		`{"a":12345678901234567890,"b":0.10,"c":1E5,"d":-0}`: `{"a":12345678901234567890,"b":0.10,"c":1E5,"d":-0}`,
		`{"a":1e308,"b":1e-400,"c":3.14159265358979323846}`:  `{"a":1e308,"b":1e-400,"c":3.14159265358979323846}`,
		`{"\u0061":"\u00e9\/<&>","b":"\ud83d\ude00 \"\\\n"}`: `{"a":"é/<&>","b":"😀 \"\\\n"}`,
		`{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}`:          `{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}`,
		`{"a":{},"A":[]}`:                        `{"a":{},"A":[]}`,
		`{"":""}`:                                `{"":""}`,
		"{\"a\":1}" + strings.Repeat(" ", 1<<20): `{"a":1}`,
		`{"a":"` + strings.Repeat("x", maxMetadata-8) + `"}`: `{"a":"` + strings.Repeat("x", maxMetadata-8) + `"}`,
		`{"a":` + nested(maxMetadataDepth-1) + `}`:           `{"a":` + nested(maxMetadataDepth-1) + `}`,
	} {
		invalid := &models.InvalidError{}
		got := parseMetadata(typed, invalid)
		if err := invalid.OrNil(); err != nil || got != want {
			t.Errorf("%.80q: %.80q, %v", typed, got, err)
		}
		if again := parseMetadata(got, invalid); again != got {
			t.Errorf("%.80q becomes %.80q", got, again)
		}
	}
}

func nested(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestParseMetadata_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	key := m2m.NewKey("lk", m2m.ClientSecret).Reveal()
	for typed, want := range map[string]string{
		"{":                                      "metadata_json",
		"{a:1}":                                  "metadata_json",
		"{'a':1}":                                "metadata_json",
		`{"a":1,}`:                               "metadata_json",
		`{"a":1}{}`:                              "metadata_json",
		`{"a":1} x`:                              "metadata_json",
		`{"a" 1}`:                                "metadata_json",
		`{"a":NaN}`:                              "metadata_json",
		`{"a":Infinity}`:                         "metadata_json",
		`{"a":01}`:                               "metadata_json",
		`{"a":+1}`:                               "metadata_json",
		`{"a":.5}`:                               "metadata_json",
		`{"a":0x10}`:                             "metadata_json",
		`{1:2}`:                                  "metadata_json",
		`{"a":[1}`:                               "metadata_json",
		"{\"a\":\"\n\"}":                         "metadata_json",
		"{\"a\":\"\x00\"}":                       "metadata_json",
		"\ufeff{}":                               "metadata_json",
		"nope":                                   "metadata_json",
		`[]`:                                     "metadata_object",
		`"text"`:                                 "metadata_object",
		`1`:                                      "metadata_object",
		`null`:                                   "metadata_object",
		`{"a":1,"a":2}`:                          "metadata_twice a",
		`{"a":1,"\u0061":2}`:                     "metadata_twice a",
		`{"x":[{"b":1,"b":1}]}`:                  "metadata_twice b",
		`{"a":1e400}`:                            "metadata_number 1e400",
		`{"a":[-1e999]}`:                         "metadata_number -1e999",
		`{"a":` + nested(maxMetadataDepth) + `}`: "metadata_deep 8",
		`{"a":` + nested(100_000) + `}`:          "metadata_deep 8",
		strings.Repeat(`{"a":`, 100_000):         "metadata_deep 8",
		"{\"a\":\"\xff\"}":                       "characters",
		"\xff":                                   "characters",
		`{"a":["x\n` + key + `."]}`:              "holds_secret",
		`{"` + key + `":1}`:                      "holds_secret",
		`{"a":"\ud800"}`:                         "characters",
		`{"\udc00":1}`:                           "characters",
		`{"a":"\u0000"}`:                         "characters",
		`{"a":"` + strings.Repeat("x", maxMetadata-7) + `"}`: "metadata_long 4096",
		`{"a":"` + strings.Repeat("é", maxMetadata/2) + `"}`: "metadata_long 4096",
	} {
		invalid := &models.InvalidError{}
		parseMetadata(typed, invalid)
		if len(invalid.Problems) != 1 || invalid.Problems[0].Field != "metadata" {
			t.Errorf("%.80q: %v", typed, invalid)
			continue
		}
		said := invalid.Problems[0].Key
		for _, name := range []string{"key", "value", "max"} {
			if arg, ok := invalid.Problems[0].Args[name]; ok {
				said += " " + fmt.Sprint(arg)
			}
		}
		if said != want {
			t.Errorf("%.80q: %s, want %s", typed, said, want)
		}
	}
}

// drawn is any JSON value, as Go holds it.
func drawn() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 5).Draw(t, "sort") {
		case 0:
			return rapid.Bool().Draw(t, "bool")
		case 1:
			return rapid.StringMatching(`[ -~é😀\n\\"]{0,8}`).Draw(t, "text")
		case 2:
			return json.Number(rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,8})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number"))
		case 3:
			return rapid.MapOfN(rapid.StringMatching(`[a-z]{0,3}`), rapid.Just[any](nil), 0, 3).Draw(t, "object")
		case 4:
			return rapid.SliceOfN(rapid.Just[any]("x"), 0, 3).Draw(t, "list")
		default:
			return nil
		}
	})
}

// Nothing is lost: what was typed and what is kept are the same JSON, and so is
// what a JWT says.
func TestParseMetadata_KeepsEveryValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOfN(rapid.StringMatching(`[a-zé"]{0,4}`), drawn(), 0, 5).Draw(t, "object")
		typed, err := json.MarshalIndent(object, " ", "\t")
		if err != nil {
			t.Fatal(err)
		}
		invalid := &models.InvalidError{}
		kept := parseMetadata(string(typed), invalid)
		if invalid.OrNil() != nil {
			t.Fatalf("%s: %v", typed, invalid)
		}
		if got := numbersKept(t, kept); !reflect.DeepEqual(got, numbersKept(t, string(typed))) {
			t.Fatalf("%s is kept as %s", typed, kept)
		}
		claimed, err := json.Marshal(metadataOf(models.Token{Metadata: kept}))
		if err != nil {
			t.Fatal(err)
		}
		if got := numbersKept(t, string(claimed)); !reflect.DeepEqual(got, numbersKept(t, kept)) {
			t.Fatalf("%s is claimed as %s", kept, claimed)
		}
	})
}

func numbersKept(t *rapid.T, text string) (value map[string]any) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func FuzzParseMetadata(f *testing.F) {
	for _, typed := range []string{"", "{}", `{"a":[1,{"b":"\u00e9"}]}`, `{"a":1,"a":2}`, `{"a":1e400}`, "{\"\xff\":1}"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		invalid := &models.InvalidError{}
		kept := parseMetadata(typed, invalid)
		if invalid.OrNil() != nil {
			return
		}
		var object map[string]any
		if err := json.Unmarshal([]byte(kept), &object); err != nil || len(kept) > maxMetadata || strings.ContainsRune(kept, 0) {
			t.Errorf("%q is kept as %q: %v", typed, kept, err)
		}
		if again := parseMetadata(kept, invalid); again != kept {
			t.Errorf("%q becomes %q", kept, again)
		}
	})
}

package handlers_test

import (
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkey-dev/latchkey/m2m"
)

// field is one of a form's, with what is wrong in many ways to send in it.
type field struct {
	name string
	// many tells that it may come more than once.
	many bool
	// flaws are made from what the working form has in the field.
	flaws func(valid []string) []flaw
}

// flaw is something wrong in a field and its answer.
type flaw struct {
	// values replace the field's; nil leaves it out.
	values []string
	status int
	// says is the key of the catalogue's sentence that the answer has.
	says string
}

// flawed are flaws of one value each with one sentence.
func flawed(says string, values ...string) []flaw {
	var all []flaw
	for _, v := range values {
		all = append(all, flaw{[]string{v}, http.StatusUnprocessableEntity, says})
	}
	return all
}

// absent is the field that was left out, or holds nothing that can be seen.
func absent(says string) []flaw {
	return append(flawed(says, "", "  \t ", "\u00a0\u2003"), flaw{nil, http.StatusUnprocessableEntity, says})
}

// controls are texts that no form takes in a line.
func controls() []string {
	return []string{"a\nb", "a\r\nSet-Cookie: x=1", "a\x1b[31m", "a\x7fb", "a\u0085b", "a\uFFFDb", "a\bb"}
}

// speech is how one half of the product says what is wrong with a field.
type speech struct{ required, tooLong, characters, email string }

var (
	portal  = speech{"problem.required", "invalid.too_long", "invalid.characters", "invalid.email"}
	console = speech{"console.problem.required", "console.problem.tooLong", "console.problem.characters", "console.problem.email"}
)

func (s speech) text(name string, max int, required bool) []flaw {
	all := flawed(s.tooLong, strings.Repeat("a", max+1), strings.Repeat("ä", max+1), strings.Repeat("🔑", 5000))
	all = append(all, flawed(s.characters, controls()...)...)
	if required {
		all = append(all, absent(s.required)...)
	}
	return all
}

// line is a text of at most max characters.
func line(s speech, name string, max int, required bool) field {
	return field{name: name, flaws: func([]string) []flaw { return s.text(name, max, required) }}
}

func emailAddress(s speech, name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		bad := []string{"kim", "kim@", "@acme.example", "a@b@c", "a b@acme.example", "a\u200bb@acme.example", "null", "-1"}
		return append(s.text(name, 254, true), flawed(s.email, bad...)...)
	}}
}

func roleKey(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		all := append(console.text(name, 64, true), flawed("console.problem.taken", "Admin")...)
		return append(all, flawed("console.problem.keyFormat", "a b", "1a", "ä", "../x", "-a", "a,b", "<b>", "*")...)
	}}
}

func permissionKey(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		all := append(console.text(name, 128, true), flawed("console.problem.taken", "reports.read")...)
		all = append(all, flawed("console.problem.wildcard", "*", "a.*.b", "*.a", "a*", "a.*.*")...)
		return append(all, flawed("console.problem.keyFormat", "a b", ".a", "a.", "a..b", "ä", "a/b", "..*")...)
	}}
}

// oneOf is a choice of few words.
func oneOf(name string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		bad := []string{strings.ToUpper(valid[0]), valid[0] + " ", "nonsense", "0", "null", "[]", strings.Repeat("a", 1500)}
		return append(absent("console.problem.choice"), flawed("console.problem.choice", bad...)...)
	}}
}

// tick is a box, which is not sent when it is off.
func tick(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		return flawed("console.problem.choice", "off", "true", "1", "ON", " on", "null")
	}}
}

// misspelt are an id in other spellings, and ids that nobody knows.
func misspelt(id string) []string {
	return []string{
		uuid.NewString(), strings.ToUpper(id), id + " ", " " + id, "{" + id + "}", "urn:uuid:" + id, strings.ReplaceAll(id, "-", ""),
		id + "\n", id[:35], "no-such-id", "-1", "' OR 1=1 --", strings.Repeat(id, 40),
	}
}

// someOf are ids; required is the sentence for none of them, empty where none will do.
func someOf(name, unknown, required string) field {
	return field{name: name, many: true, flaws: func(valid []string) []flaw {
		all := flawed(unknown, append(misspelt(valid[0]), "")...)
		for _, bad := range misspelt(valid[0])[:3] {
			all = append(all, flaw{append(slices.Clone(valid), bad), http.StatusUnprocessableEntity, unknown})
		}
		if required != "" {
			all = append(all, flaw{nil, http.StatusUnprocessableEntity, required})
		}
		return all
	}}
}

// someKeys are keys of permissions.
func someKeys(name string) field {
	const says = "console.problem.permissionUnknown"
	return field{name: name, many: true, flaws: func(valid []string) []flaw {
		all := flawed(says, "", "no.such", strings.ToUpper(valid[0]), valid[0]+" ", "*", "reports.*", strings.Repeat("a", 1500))
		return append(all, flaw{append(slices.Clone(valid), "no.such"), http.StatusUnprocessableEntity, says})
	}}
}

// account is the id of one of the person's own accounts.
func account(name string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		all := []flaw{{nil, http.StatusNotFound, "error.notFound.title"}}
		for _, bad := range append(misspelt(valid[0]), "") {
			all = append(all, flaw{[]string{bad}, http.StatusNotFound, "error.notFound.title"})
		}
		return all
	}}
}

// life is one of the offered times.
func life(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		bad := []string{
			"", "0", "-1", "45", "366", "3650", "5256001", "99999999999999999999", "1e1", "1.5", " 90", "90 ", "090", "+90", "٩٠",
			"NEVER", "never ", "90d", "null", "2027-01-01", strings.Repeat("9", 1500),
		}
		return append(flawed("tokens.problem.expires", bad...), flaw{nil, http.StatusUnprocessableEntity, "tokens.problem.expires"})
	}}
}

// formID is the one-use id of a form; says is the sentence for none.
func formID(name, says string) field {
	return field{name: name, flaws: func([]string) []flaw {
		return append(flawed(says, "", strings.Repeat("f", 65)), flaw{nil, http.StatusUnprocessableEntity, says})
	}}
}

// newPassword is one that is about to be set.
func newPassword(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		all := append(flawed("problem.required", ""), flaw{nil, http.StatusUnprocessableEntity, "problem.required"})
		all = append(all, flawed("invalid.too_short", "a", " ", "fourteen chars", "🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑")...)
		all = append(all, flawed("invalid.too_long", strings.Repeat("ab1 ", 33), strings.Repeat("a", 60_000))...)
		return append(all, flawed("invalid.common", strings.Repeat("a", 20), "password1password1", "abcdefghijklmnop")...)
	}}
}

// currentPassword is guessed at once: more would be counted.
func currentPassword(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		all := append(flawed("problem.required", ""), flaw{nil, http.StatusUnprocessableEntity, "problem.required"})
		return append(all, flawed("invalid.wrong", "not the right password")...)
	}}
}

// credential is half of what signs somebody in: whatever it is, it is wrong.
func credential(name string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		all := append(flawed("problem.required", ""), flaw{nil, http.StatusUnprocessableEntity, "problem.required"})
		return append(all, flawed("signIn.wrong", " ", valid[0]+"x", strings.Repeat("a", 5000))...)
	}}
}

// secret is one of a token that the person may see.
func secret(name string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		key := valid[0]
		other := "0"
		if key[10] == '0' {
			other = "1"
		}
		all := append(absent("problem.required"), flawed("find.problem.notKey",
			"a", key[3:], key[:len(key)-1], key+"0", strings.ToUpper(key), "X-API-KEY: "+key, key+" "+key, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
			strings.Replace(key, "_at_", "_xx_", 1), strings.Repeat(key, 500), key[:20]+"\x1b"+key[21:])...)
		all = append(all, flawed("find.problem.checksum", key[:10]+other+key[11:], key[1:])...)
		return append(all, flawed("find.problem.unknown", m2m.NewKey("lk", m2m.AccessToken).Reveal(), m2m.NewKey("lk", m2m.VendorKey).Reveal())...)
	}}
}

// free takes anything.
func free(name string) field {
	return field{name: name, flaws: func([]string) []flaw { return nil }}
}

// networks are addresses and networks, one a line.
func networks(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		all := flawed("invalid.address", "nonsense", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "256.1.1.1", "010.0.0.1", "10.0.0.0/8\nx", "a.example", "<b>", "10.0.0.1:80", "\u0661.1.1.1")
		all = append(all, flawed("invalid.address_bits", "10.1.2.3/8", "2001:db8::1/32")...)
		all = append(all, flawed("invalid.address_zone", "fe80::1%eth0")...)
		var many []string
		for i := range 51 {
			many = append(many, fmt.Sprintf("10.0.%d.0/24", i))
		}
		return append(all, flawed("invalid.address_count", strings.Join(many, " "))...)
	}}
}

// audiences are absolute URIs, one a line.
func audiences(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		const api = "https://api.vendor.example"
		all := flawed("console.problem.audience", "reports", "api.vendor.example", "localhost:8080", "/reports", "//api.vendor.example", "https:", "https://", "https:///reports",
			"https:api.vendor.example", api+"/a b", api+"/<b>", api+"/ä", api+"/%zz", `c:\reports`, "urn:", api+"\nreports")
		all = append(all, flawed("console.problem.audienceFragment", api+"#", api+"/reports#all", "urn:vendor#all")...)
		all = append(all, flawed("console.problem.audienceUser", "https://dana@api.vendor.example", "https://dana:pw@api.vendor.example/", "api://@reports")...)
		all = append(all, flawed("console.problem.audienceTwice", api+"\n"+api, api+"\n"+api+"/\n "+api)...)
		all = append(all, flawed("console.problem.audienceSecret", api+"/"+m2m.NewKey("lk", m2m.AccessToken).Reveal(), m2m.NewKey("lk", m2m.VendorKey).Reveal())...)
		all = append(all, flawed("console.problem.audienceLong", api+"/"+strings.Repeat("a", 512))...)
		all = append(all, flawed("console.problem.audienceCharacters", api+"/\x1b")...)
		var many strings.Builder
		for i := range 51 {
			fmt.Fprintf(&many, "%s/%d\n", api, i)
		}
		return append(all, flawed("console.problem.audienceCount", many.String())...)
	}}
}

// object is a JSON object.
func object(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		all := flawed("invalid.metadata_json", "nonsense", "{", `{"a":1}}`, `{"a":}`, "{a:1}", `{"a":1,}`)
		all = append(all, flawed("invalid.metadata_object", "[]", "null", "1", `"a"`)...)
		all = append(all, flawed("invalid.metadata_twice", `{"a":1,"a":2}`)...)
		all = append(all, flawed("invalid.metadata_number", `{"a":1e999}`)...)
		all = append(all, flawed("invalid.metadata_deep", strings.Repeat(`{"a":`, 9)+"1"+strings.Repeat("}", 9))...)
		all = append(all, flawed("invalid.characters", `{"a":"\u0000"}`)...)
		return append(all, flawed("invalid.metadata_long", `{"a":"`+strings.Repeat("b", 4096)+`"}`)...)
	}}
}

// person is the id of somebody in the account, or nobody's.
func person(name string) field {
	return field{name: name, flaws: func([]string) []flaw {
		return flawed("more.contact.unknown", append(misspelt(uuid.NewString()), "nobody", "null", "0")...)
	}}
}

// hours are one of a few offered times; other is none of them, says the sentence for it.
func hours(name, other, says string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		bad := []string{"", other, "-1", "1.5", "0" + valid[0], valid[0] + " ", valid[0] + "h", "+" + valid[0], "null", "99999999999999999999", strings.Repeat("9", 1500)}
		return append(flawed(says, bad...), flaw{nil, http.StatusUnprocessableEntity, says})
	}}
}

// replaced is the id of the secret in force.
func replaced(name, says string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		all := append(flawed(says, append(misspelt(valid[0])[1:], "")...), flaw{nil, http.StatusUnprocessableEntity, says})
		// Another secret is in force than the one that was seen.
		return append(all, flaw{[]string{uuid.NewString()}, http.StatusConflict, "rotate.busy.title"})
	}}
}

// inForce names the rotation under way by its new secret: a form about another one
// changes nothing, one about none takes whichever there is.
func inForce(name string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		var all []flaw
		for _, bad := range misspelt(valid[0]) {
			all = append(all, flaw{[]string{bad}, http.StatusConflict, "rotation.none.title"})
		}
		return all
	}}
}

// another is the id of what the form is about: any other is no longer in force.
func another(name, says string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		all := []flaw{{nil, http.StatusConflict, says}}
		for _, bad := range []string{"", "x", valid[0] + "x", valid[0][1:], " " + valid[0], strings.ToLower(valid[0]), "' OR 1=1 --", strings.Repeat("a", 1500)} {
			all = append(all, flaw{[]string{bad}, http.StatusConflict, says})
		}
		return all
	}}
}

// chosen are ids of tokens of a list: others are passed over.
func chosen(name string) field {
	return field{name: name, many: true, flaws: func(valid []string) []flaw {
		says := "bulk.noneLeft.title"
		all := []flaw{{nil, http.StatusUnprocessableEntity, "bulk.noneChosen.title"}}
		for _, bad := range append(misspelt(valid[0]), "") {
			all = append(all, flaw{[]string{bad, bad}, http.StatusUnprocessableEntity, says})
		}
		// One of two is left: the number has changed.
		all = append(all, flaw{append(misspelt(valid[0]), valid[0]), http.StatusUnprocessableEntity, "bulk.count.hint"})
		return append(all, flaw{slices.Collect(ids(201)), http.StatusUnprocessableEntity, "bulk.tooMany.title"})
	}}
}

// ids are n that nobody knows.
func ids(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for range n {
			if !yield(uuid.NewString()) {
				return
			}
		}
	}
}

// bulkAction is what is done to many tokens.
func bulkAction(name string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		return unreadable("", "melt", "enable", "0", strings.ToUpper(valid[0]), valid[0]+" ", strings.Repeat("a", 1500))
	}}
}

// allMatching is a box that stands for more than can be seen: only its own value checks it.
func allMatching(name string) field {
	return field{name: name, flaws: func([]string) []flaw { return unreadable("", "0", "on", "true", "1 ", "false", "11")[1:] }}
}

// unreadable are values that no page of ours sends; the first of the flaws is the field
// left out.
func unreadable(values ...string) []flaw {
	all := []flaw{{nil, http.StatusBadRequest, "error.badForm.title"}}
	for _, v := range values {
		all = append(all, flaw{[]string{v}, http.StatusBadRequest, "error.badForm.title"})
	}
	return all
}

// typed is a number that somebody typed to confirm it.
func typed(name string) field {
	return field{name: name, flaws: func(valid []string) []flaw {
		return flawed("bulk.count.hint", "", "0", "1", "-"+valid[0], valid[0]+".0", "two", "1e9", valid[0]+valid[0], "٢", strings.Repeat("9", 1500))
	}}
}

// bulkForm is the one-use id of the page that asks before a bulk.
func bulkForm(name string) field {
	const says = "tokens.problem.form"
	return field{name: name, flaws: func([]string) []flaw {
		return append(flawed(says, ""), flaw{nil, http.StatusUnprocessableEntity, says})
	}}
}

// narrowing are what narrows and sorts a list, sent along with something about it.
func narrowing() []field {
	refused := func(name string, bad ...string) field {
		return field{name: name, flaws: func([]string) []flaw {
			var all []flaw
			for _, v := range bad {
				all = append(all, flaw{[]string{v}, http.StatusBadRequest, "error.badPage.title"})
			}
			return all
		}}
	}
	return []field{
		refused("state", "Active", "gone", "active "), refused("used", "ever", "never "), refused("type", "accesstoken", "lk_at"),
		refused("creator", "dana", "VENDOR"), refused("sort", "id", "-", "created,id"), free("role"), free("after"), free("before"),
		{name: "q", flaws: func([]string) []flaw {
			return []flaw{
				{[]string{strings.Repeat("a", 201)}, http.StatusBadRequest, "error.badSearch.title"},
				{[]string{"a\nb"}, http.StatusBadRequest, "error.badSearch.title"},
				{[]string{m2m.NewKey("lk", m2m.AccessToken).Reveal()}, http.StatusBadRequest, "error.secret.title"},
			}
		}},
	}
}

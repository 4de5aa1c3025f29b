package portal

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/web"
)

func values(t testing.TB, text string) web.Values {
	t.Helper()
	v, err := web.ParseForm(text, []string{"roles"})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func faults(f tokenForm) []string {
	var all []string
	for _, p := range f.invalid.Problems {
		all = append(all, p.Field+" "+p.Key)
	}
	return all
}

func TestParseTokenForm_AsksForWhatThePortalAsks(t *testing.T) {
	t.Parallel()
	const good = "description=CI&roles=r&expires=90&form=f"
	for name, row := range map[string]struct {
		in   models.Context
		text string
		want []string
	}{
		"good":                      {models.API, good, nil},
		"two roles":                 {models.API, good + "&roles=s", nil},
		"personal without roles":    {models.Personal, "description=CI&expires=never&form=f", nil},
		"personal with roles":       {models.Personal, good, nil},
		"nothing":                   {models.API, "", []string{"description required", "roles required", "expires out_of_range", "form required"}},
		"nothing, personal":         {models.Personal, "", []string{"description required", "expires out_of_range", "form required"}},
		"blank description":         {models.API, "description=+%09+&roles=r&expires=1&form=f", []string{"description required"}},
		"description of 200":        {models.API, "description=" + strings.Repeat("%C3%A9", 200) + "&roles=r&expires=1&form=f", nil},
		"description of 201":        {models.API, "description=" + strings.Repeat("%C3%A9", 201) + "&roles=r&expires=1&form=f", []string{"description too_long"}},
		"description of two lines":  {models.API, "description=a%0Ab&roles=r&expires=1&form=f", []string{"description characters"}},
		"45 days":                   {models.API, "description=CI&roles=r&expires=45&form=f", []string{"expires out_of_range"}},
		"0 days":                    {models.API, "description=CI&roles=r&expires=0&form=f", []string{"expires out_of_range"}},
		"-1 day":                    {models.API, "description=CI&roles=r&expires=-1&form=f", []string{"expires out_of_range"}},
		"more than a number holds":  {models.API, "description=CI&roles=r&expires=99999999999999999999&form=f", []string{"expires out_of_range"}},
		"another spelling of a day": {models.API, "description=CI&roles=r&expires=01&form=f", []string{"expires out_of_range"}},
		"a form id as long as text": {models.API, "description=CI&roles=r&expires=1&form=" + strings.Repeat("f", 65), []string{"form required"}},
	} {
		if got := faults(parseTokenForm(row.in, values(t, row.text))); !slices.Equal(got, row.want) {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

func TestParseTokenForm_TakesNothingThatTheFormDoesNotHave(t *testing.T) {
	t.Parallel()
	f := parseTokenForm(models.Personal, values(t, "description=CI&roles=r&expires=7&form=f&kind=AccessToken&tenant_id=t&user_id=u&is_operator=true&context=api&created_by=c"))
	r := f.request(models.Personal)
	if r.Kind != "" || r.Context != models.Personal || r.RoleIDs != nil || r.ExpiresIn != 7*24*time.Hour || r.FormID != "f" || r.Description != "CI" {
		t.Errorf("%+v", r)
	}
}

func FuzzParseTokenForm(f *testing.F) {
	for _, seed := range []string{
		"description=CI&roles=r&expires=90&form=f", "", "description=%00", "expires=never&form=" + url.QueryEscape(web.NewFormID()),
		"roles=&roles=&roles=", "description=%F0%9F%94%91", "expires=9223372036854775807", "description=a%0D%0Ab&tenant_id=x",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, personal bool) {
		v, err := web.ParseForm(text, []string{"roles"})
		if err != nil {
			return
		}
		in := models.API
		if personal {
			in = models.Personal
		}
		form := parseTokenForm(in, v)
		if form.shown.ID == "" || len(form.shown.ID) > 64 {
			t.Errorf("form id %q", form.shown.ID)
		}
		if len(form.invalid.Problems) > 0 {
			return
		}
		r := form.request(in)
		description, problem := models.Text(r.Description, models.MaxTokenDescription)
		if problem != "" || description == "" || r.Kind != "" || r.Context != in {
			t.Errorf("%q gave %+v", text, r)
		}
		if r.ExpiresIn < 0 || r.ExpiresIn > 365*24*time.Hour || in == models.API && len(r.RoleIDs) == 0 || personal && r.RoleIDs != nil {
			t.Errorf("%q gave %+v", text, r)
		}
	})
}

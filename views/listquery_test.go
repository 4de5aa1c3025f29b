package views

import (
	"net/url"
	"testing"

	"github.com/latchkey-dev/latchkey/models"
)

func all() ListQuery {
	return ListQuery{
		Search: "a&b", State: "active", Used: UsedNever, Type: "AccessToken", Role: "Editor", Creator: models.CreatedByVendor,
		Sort: "-lastUsed", After: "here",
	}
}

func TestListQuery_HasOneAddress(t *testing.T) {
	t.Parallel()
	const address = "/workspace/tokens?q=a%26b&state=active&used=never&type=AccessToken&role=Editor&creator=vendor&sort=-lastUsed&after=here"
	if got := Tokens(models.API, all()); got != address {
		t.Error(got)
	}
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if got := ReadListQuery(parsed.Query().Get); got != all() {
		t.Errorf("read back as %+v", got)
	}
}

func TestListQuery_WithOnePartChangedBeginsAtTheFirstPage(t *testing.T) {
	t.Parallel()
	want := all()
	want.Role, want.After = "Viewer", ""
	if got := all().With(PartRole, "Viewer"); got != want {
		t.Errorf("%+v", got)
	}
	want.Role = ""
	if got := all().With(PartRole, ""); got != want {
		t.Errorf("%+v", got)
	}
	want = all()
	want.After, want.Before = "", "there"
	if got := all().With(PartBefore, "there"); got != want {
		t.Errorf("%+v", got)
	}
}

func TestListQuery_TogglesAPart(t *testing.T) {
	t.Parallel()
	q := ListQuery{State: "active", After: "x"}
	if got := q.Toggle(PartState, "active"); got != (ListQuery{}) {
		t.Errorf("off: %+v", got)
	}
	if got := q.Toggle(PartState, "expired"); got != (ListQuery{State: "expired"}) {
		t.Errorf("over: %+v", got)
	}
	if got := q.Toggle(PartUsed, UsedNever); got != (ListQuery{State: "active", Used: UsedNever}) {
		t.Errorf("on: %+v", got)
	}
}

func TestListQuery_NarrowsByAnyOfItsFilters(t *testing.T) {
	t.Parallel()
	for _, q := range []ListQuery{{}, {Sort: "created"}, {After: "x"}, {Before: "x"}, all().Whole()} {
		if q.Narrowed() {
			t.Errorf("%+v leaves nothing out", q)
		}
	}
	for _, part := range []ListPart{PartSearch, PartState, PartUsed, PartType, PartRole, PartCreator} {
		if !(ListQuery{}).With(part, "x").Narrowed() {
			t.Errorf("%s leaves something out", part)
		}
	}
}

func TestReadSort_TakesTheEightOrders(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"created", "-created", "description", "-description", "lastUsed", "-lastUsed", "expires", "-expires"} {
		if o, ok := ReadSort(text); !ok || SortText(o) != text {
			t.Errorf("%s: %+v, %v", text, o, ok)
		}
	}
	if o, ok := ReadSort(""); !ok || o != (models.TokenOrder{}) {
		t.Errorf("nothing: %+v, %v", o, ok)
	}
	for _, text := range []string{"-", "--created", "+created", "Created", "created ", "id", "created,expires", "-created desc"} {
		if o, ok := ReadSort(text); ok {
			t.Errorf("%q: %+v", text, o)
		}
	}
}

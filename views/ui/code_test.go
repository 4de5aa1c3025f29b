package ui

import (
	"bytes"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

func TestCodeBlock_CopiesTheExampleToTheByte(t *testing.T) {
	t.Parallel()
	code := []Span{{Text: "# 1. Ask\n", Tone: Dim}, {Text: "curl \\\n  -H "}, {Text: `"X-API-KEY: <k>"`, Tone: Mark}, {Text: " | jq"}}
	var want strings.Builder
	for _, s := range code {
		want.WriteString(s.Text)
	}
	for name, doc := range map[string]*goquery.Document{
		"block": render(t, CodeBlock(CodeBlockProps{ID: "x", Caption: "c", Code: code})),
		"line":  render(t, CodeLine(code)),
	} {
		if got := doc.Find("pre").Text(); got != want.String() {
			t.Errorf("%s: %q, want %q", name, got, want.String())
		}
	}
}

func TestCopyField_HoldsTheValueToTheByte(t *testing.T) {
	t.Parallel()
	doc := render(t, CopyField(CopyFieldProps{ID: "s", Label: "Secret Key", Value: "lk_cs_abc", CopyText: "Copy", CopyLabel: "Copy Secret Key"}))
	if got := doc.Find("output").Text(); got != "lk_cs_abc" {
		t.Errorf("%q", got)
	}
	if _, hidden := doc.Find("button").Attr("hidden"); !hidden {
		t.Error("the copy button is there without script")
	}
}

func TestCopyField_IsPrintedOnlyWhenPublic(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{false, true} {
		doc := render(t, CopyField(CopyFieldProps{ID: "s", Label: "Secret Key", Value: "lk_cs_abc", Public: public}))
		if printed := doc.Find(`.print\:hidden output`).Length() == 0; printed != public {
			t.Errorf("public %t, printed %t", public, printed)
		}
	}
}

func TestInput_NeverSendsAPasswordBack(t *testing.T) {
	t.Parallel()
	doc := render(t, Input(InputProps{Name: "password", Type: "password", Value: "correct horse", Label: "Password"}))
	if value, ok := doc.Find("input").Attr("value"); ok {
		t.Errorf("value %q", value)
	}
}

func TestTextField_TiesHintAndErrorToTheInput(t *testing.T) {
	t.Parallel()
	doc := render(t, TextField(TextFieldProps{Field: FieldProps{ID: "d", Label: "Description", Hint: "h", Error: "e"}, Input: InputProps{Name: "description"}}))
	input := doc.Find("input")
	if got := input.AttrOr("aria-describedby", ""); got != "d-h d-e" {
		t.Errorf("aria-describedby %q", got)
	}
	if got := input.AttrOr("aria-invalid", ""); got != "true" {
		t.Errorf("aria-invalid %q", got)
	}
	if doc.Find(`label[for="d"]`).Length() != 1 {
		t.Error("no label")
	}
}

func TestCheckList_WritesMachineWordsWithCommas(t *testing.T) {
	t.Parallel()
	doc := render(t, CheckList(CheckListProps{ID: "r", Legend: "Roles", Rows: []CheckRow{{Title: "Writer", Codes: []string{"a.read", "a.<b>"}}}}))
	if got := strings.Join(strings.Fields(doc.Find("label").Text()), " "); got != "Writer a.read, a.<b>" {
		t.Errorf("%q", got)
	}
}

func TestLinkButton_WithoutAnAddressIsADisabledButton(t *testing.T) {
	t.Parallel()
	doc := render(t, LinkButton(LinkButtonProps{Text: "Newer"}))
	if doc.Find("button[disabled]").Length() != 1 || doc.Find("a").Length() != 0 {
		t.Error("it can be pressed")
	}
}

func render(t *testing.T, c templ.Component) *goquery.Document {
	t.Helper()
	var body bytes.Buffer
	if err := c.Render(t.Context(), &body); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

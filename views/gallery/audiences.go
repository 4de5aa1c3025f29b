package gallery

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/console"
)

func audiencesPage(name, text string, invalid *models.InvalidError) Entry {
	return consolePage("audiences, "+name, func(h views.Head) templ.Component {
		layout := consoleFrame(h, "Audiences", "Audiences")
		if name == "saved" {
			layout = done(layout, "The audiences were saved.")
		}
		return console.AudiencesPage(console.Audiences(english(), layout, console.AudiencesInput{
			Issuer: "https://tokens.vendor.example", TTL: time.Hour, Text: text, Invalid: invalid,
		}))
	})
}

func audienceEntries() []Entry {
	const own = "https://api.vendor.example/reports\nhttps://api.vendor.example/billing\nurn:vendor:warehouse"
	refused := &models.InvalidError{}
	refused.Add("audiences", "audience", "value", "reports")
	return []Entry{
		audiencesPage("none of the vendor's", "", nil),
		audiencesPage("saved", own, nil),
		audiencesPage("long ones", "https://api.vendor.example/"+strings.Repeat("reports/", 20)+"\n"+strings.Repeat("urn:vendor:a\n", 30), nil),
		audiencesPage("refused input", own+"\nreports", refused),
		audiencesPage("a secret", own, models.Invalid("audiences", "audience_secret")),
	}
}

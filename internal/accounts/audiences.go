package accounts

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// maxAudiences is how many the environment has at most.
	maxAudiences = 50
	// maxAudience is how many characters each has at most.
	maxAudience = 512
)

// absolute is what RFC 3986 lets an absolute URI be made of, with a scheme whose
// names are told from paths by a //, or urn:. A bare host and port would be a URI
// too, localhost the scheme, but nobody means that.
var absolute = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*://|[Uu][Rr][Nn]:)[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+$`)

// UpdateAudiences sets the resource servers that clients may ask a JWT for besides
// Latchkey itself (RFC 8707), in order. Each is kept exactly as given, because
// clients and servers compare it byte for byte.
//
// Problems of audiences, of the first that has one: audience_count and audience_long
// (max), audience_characters, audience_fragment, audience_user, audience and
// audience_twice (value).
func (a *Accounts) UpdateAudiences(ctx context.Context, caller models.Caller, audiences []string) error {
	return a.update(ctx, caller, models.SettingsChange{Audiences: &audiences}, "audiences", func(c *checker) {
		if len(audiences) > maxAudiences {
			c.problems.Add("audiences", "audience_count", "max", maxAudiences)
			return
		}
		for i, audience := range audiences {
			problem := audienceProblem(audience)
			if problem == "" && slices.Contains(audiences[:i], audience) {
				problem = "audience_twice"
			}
			if problem != "" {
				c.problems.Add("audiences", problem, "max", maxAudience, "value", audience)
				return
			}
		}
	})
}

// audienceProblem is the key of what is wrong with an audience, empty for nothing.
func audienceProblem(text string) string {
	switch _, problem := models.Text(text, maxAudience); problem {
	case "too_long":
		return "audience_long"
	case "characters":
		return "audience_characters"
	}
	if strings.Contains(text, "#") {
		return "audience_fragment"
	}
	uri, err := url.Parse(text)
	switch {
	case err != nil || !absolute.MatchString(text):
		return "audience"
	case uri.User != nil:
		return "audience_user"
	case (uri.Scheme == "http" || uri.Scheme == "https") && uri.Hostname() == "":
		return "audience"
	default:
		return ""
	}
}

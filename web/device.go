package web

import (
	"fmt"
	"slices"
	"time"

	"github.com/gorilla/sessions"
	"github.com/labstack/echo/v4"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// deviceCookieTTL is the longest that browsers keep a cookie.
	deviceCookieTTL  = 400 * 24 * time.Hour
	maxDeviceEmails  = 5
	maxDeviceIDBytes = 64
)

// device is what a browser that signed in before carries, signed: a random id
// and the keys of the e-mails that were used, the latest first. A key is an
// HMAC; nobody can tell the e-mail from it.
type device struct {
	ID     string   `json:"id"`
	Emails []string `json:"emails"`
}

func (s *Server) readDevice(c echo.Context) (device, bool) {
	var d device
	ok := s.signedCookie(c.Request(), s.device, deviceCookie, &d)
	return d, ok && d.ID != "" && len(d.ID) <= maxDeviceIDBytes
}

// KnownBrowser is the browser's id when somebody signed in from it with the
// e-mail of this key before, "" otherwise.
func KnownBrowser(c echo.Context, emailKey string) string {
	st := stateOf(c)
	if st.server == nil || emailKey == "" {
		return ""
	}
	d, ok := st.server.readDevice(c)
	if !ok || !slices.Contains(d.Emails, emailKey) {
		return ""
	}
	return d.ID
}

// RememberBrowser notes in the browser's signed cookie that the e-mail of this
// key signed in from it, on a page that sends the cookie where sameSite says. Call
// it after a right password, before answering.
func RememberBrowser(c echo.Context, emailKey string, sameSite models.SameSite) error {
	s := stateOf(c).server
	if s == nil {
		return nil
	}
	d, ok := s.readDevice(c)
	if !ok {
		d = device{ID: models.NewOpaque().Reveal()}
	}
	d.Emails = slices.DeleteFunc(d.Emails, func(key string) bool { return key == emailKey })
	d.Emails = slices.Insert(d.Emails, 0, emailKey)
	d.Emails = d.Emails[:min(len(d.Emails), maxDeviceEmails)]
	value, err := s.device.Encode(s.cookieName(deviceCookie), d)
	if err != nil {
		return fmt.Errorf("encode device cookie: %w", err)
	}
	options := s.cookieOptions(deviceCookieTTL)
	options.SameSite = s.sameSite(sameSite)
	c.SetCookie(sessions.NewCookie(s.cookieName(deviceCookie), value, options))
	return nil
}

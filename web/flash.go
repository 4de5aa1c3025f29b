package web

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/labstack/echo/v4"
)

// Flash is a message for the next page: a key of the catalogue and the values
// that its sentence needs.
type Flash struct {
	Key  string         `json:"key"`
	Args map[string]any `json:"args,omitempty"`
}

// SetFlash keeps a message for the next page that this session sees, which
// after SetSession is the new one; args alternate names and values. What the
// message tells has been done by then, so the answer must not say otherwise:
// that it can't be kept is logged and no more.
func SetFlash(c echo.Context, key string, args ...any) {
	f := Flash{Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]any{}
		}
		f.Args[fmt.Sprint(args[i])] = args[i+1]
	}
	if err := keepFlash(c, f); err != nil {
		flashLost(c, err)
	}
}

func keepFlash(c echo.Context, f Flash) error {
	st := stateOf(c)
	if st.identity == nil || st.server.cfg.Flashes == nil {
		return errors.New("no session to keep it in")
	}
	text, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode flash: %w", err)
	}
	return st.server.cfg.Flashes.SetFlash(c.Request().Context(), st.identity.Session, string(text))
}

// TakeFlash gives the session's message and forgets it; nil when there is
// none, which costs no query. A message that can't be had is logged and none:
// the page may be the only one that shows a secret.
func TakeFlash(c echo.Context) *Flash {
	st := stateOf(c)
	if st.identity == nil || st.identity.Session.Flash == "" || st.server.cfg.Flashes == nil {
		return nil
	}
	text, err := st.server.cfg.Flashes.TakeFlash(c.Request().Context(), st.identity.Session)
	if err != nil || text == "" {
		if err != nil {
			flashLost(c, err)
		}
		return nil
	}
	var f Flash
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		flashLost(c, fmt.Errorf("decode flash: %w", err))
		return nil
	}
	return &f
}

func flashLost(c echo.Context, err error) {
	st := stateOf(c)
	if st.server == nil {
		return // outside a Server's requests
	}
	st.server.cfg.Log.WarnContext(c.Request().Context(), "message for the next page lost", "request_id", st.requestID, "error", err)
}

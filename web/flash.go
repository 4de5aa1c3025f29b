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

// SetFlash keeps a message for the next page that this session sees; args
// alternate names and values.
func SetFlash(c echo.Context, key string, args ...any) error {
	st := stateOf(c)
	if st.identity == nil || st.server == nil || st.server.cfg.Flashes == nil {
		return errors.New("web: set a flash without a session")
	}
	f := Flash{Key: key}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]any{}
		}
		f.Args[fmt.Sprint(args[i])] = args[i+1]
	}
	text, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode flash: %w", err)
	}
	return st.server.cfg.Flashes.SetFlash(c.Request().Context(), st.identity.Session, string(text))
}

// TakeFlash gives the session's message and forgets it; nil when there is
// none, which costs no query.
func TakeFlash(c echo.Context) (*Flash, error) {
	st := stateOf(c)
	if st.identity == nil || st.identity.Session.Flash == "" || st.server == nil || st.server.cfg.Flashes == nil {
		return nil, nil
	}
	text, err := st.server.cfg.Flashes.TakeFlash(c.Request().Context(), st.identity.Session)
	if err != nil || text == "" {
		return nil, err
	}
	var f Flash
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return nil, fmt.Errorf("decode flash: %w", err)
	}
	return &f, nil
}

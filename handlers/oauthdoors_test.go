package handlers_test

import (
	"net/http"
	"time"
)

func oauthDoors() []door {
	client := []field{free("client_id"), free("client_secret"), free("client_assertion"), free("client_assertion_type")}
	about := append([]field{free("token"), free("token_type_hint"), free("client_ip")}, client...)
	shown := func(b *bench, more ...string) errand {
		m := b.credentials()
		b.clock.pass(time.Second) // so that no two of the rows are alike
		pairs := append([]string{"client_id", m.Token.ID, "client_secret", m.Secret.Reveal()}, more...)
		if len(more) == 0 {
			pairs = append(pairs, "token", b.granted(m))
		}
		return errand{form: formOf(pairs...)}
	}
	return []door{
		{route: tokenPath, done: http.StatusOK, program: true, open: func(b *bench) errand {
			e := shown(b, "grant_type", "client_credentials")
			e.path = tokenPath
			return e
		}, fields: append([]field{free("grant_type"), free("scope"), free("resource")}, client...)},
		{route: introspectPath, done: http.StatusOK, program: true, open: func(b *bench) errand {
			e := shown(b)
			e.path = introspectPath
			return e
		}, fields: about},
		{route: revokePath, done: http.StatusOK, program: true, open: func(b *bench) errand {
			e := shown(b)
			e.path = revokePath
			return e
		}, fields: about},
	}
}

package handlers_test

import (
	"net/http"
	"net/url"
	"time"
)

func exchangeDoors() []door {
	var all []door
	for _, prefix := range []string{"", "/frontegg"} {
		for _, version := range []string{"v1", "v2"} {
			for _, slash := range []string{"", "/"} {
				path := prefix + "/identity/resources/auth/" + version + "/api-token" + slash
				all = append(all, door{route: path, done: http.StatusOK, json: true, open: func(b *bench) errand {
					m := b.credentials()
					return errand{path: path, form: formOf("clientId", m.Token.ID, "secret", m.Secret.Reveal())}
				}, fields: []field{free("clientId"), free("client_id"), free("secret")}})
			}
		}
	}
	return all
}

func refreshDoors() []door {
	var all []door
	for _, prefix := range []string{"", "/frontegg"} {
		for _, version := range []string{"v1", "v2"} {
			for _, slash := range []string{"", "/"} {
				path := prefix + "/identity/resources/auth/" + version + "/api-token/token/refresh" + slash
				all = append(all, door{route: path, done: http.StatusOK, json: true, open: func(b *bench) errand {
					m := b.credentials()
					b.clock.pass(time.Second) // so that no two of the rows are alike
					a := b.send(http.MethodPost, exchangePath, credentials(m.Token.ID, m.Secret.Reveal()))
					token, _ := a.fields(b.t)["refreshToken"].(string)
					return errand{path: path, form: formOf("refreshToken", token)}
				}, fields: []field{free("refreshToken")}})
			}
		}
	}
	return all
}

// personDoors are those of browsers on the vendor's own pages; refresh and sign-out
// take a cookie, and any body.
func personDoors() []door {
	var all []door
	for _, prefix := range []string{"", "/frontegg"} {
		for _, slash := range []string{"", "/"} {
			at := prefix + "/identity/resources/auth/v1/"
			all = append(all,
				door{route: at + "user" + slash, done: http.StatusOK, json: true, open: func(b *bench) errand {
					b.clock.pass(time.Second) // so that no two of the rows are alike
					b.setPassword(b.dana)
					return errand{path: at + "user" + slash, form: formOf("email", b.dana.User.Email, "password", password)}
				}, fields: []field{free("email"), free("password")}},
				door{route: at + "user/token/refresh" + slash, done: http.StatusUnauthorized, json: true, open: func(*bench) errand {
					return errand{path: at + "user/token/refresh" + slash, form: url.Values{}}
				}},
				door{route: at + "logout" + slash, done: http.StatusOK, json: true, looks: true, open: func(*bench) errand {
					return errand{path: at + "logout" + slash, form: url.Values{}}
				}},
				door{verb: http.MethodPut, route: prefix + resources + "users/v1/tenant" + slash, done: http.StatusOK, json: true, open: func(b *bench) errand {
					m := b.person(b.acme.ID)
					b.join1(m.User.Email, b.initech, "Viewer")
					return errand{path: prefix + resources + "users/v1/tenant" + slash, jwt: b.jwtOf(m), object: map[string]any{"tenantId": b.initech}}
				}, fields: []field{account("tenantId")}},
			)
		}
	}
	return all
}

func vendorDoors() []door {
	var all []door
	for _, path := range []string{"/auth/vendor", "/auth/vendor/", "/frontegg/auth/vendor", "/frontegg/auth/vendor/"} {
		all = append(all, door{route: path, done: http.StatusOK, json: true, open: func(b *bench) errand {
			key := b.vendorKey()
			return errand{path: path, form: formOf("clientId", key.ClientID, "secret", key.Secret.Reveal())}
		}, fields: []field{free("clientId"), free("client_id"), free("secret")}})
	}
	return all
}

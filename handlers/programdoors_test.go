package handlers_test

import (
	"net/http"
	"slices"
	"strings"

	"github.com/latchkey-dev/latchkey/models"
)

// programDoors are the routes of the dialect's management, as the vendor's
// programs use them: each with and without the prefix and a slash at the end.
func programDoors() []door {
	var all []door
	for _, d := range slices.Concat(dialectTokenDoors(), dialectRightsDoors(), dialectUserDoors(), dialectPortalDoors()) {
		for _, prefix := range []string{"", "/frontegg"} {
			for _, slash := range []string{"", "/"} {
				one := d
				one.route, one.json = prefix+d.route+slash, true
				one.open = func(b *bench) errand {
					e := d.open(b)
					e.jwt, e.path = b.vendorToken(), prefix+e.path+slash
					return e
				}
				all = append(all, one)
			}
		}
	}
	return all
}

const resources = "/identity/resources/"

// dialectList is a list of tokens in the dialect, and how its routes act for
// somebody.
type dialectList struct {
	path string
	combination
}

func dialectLists() []dialectList {
	return []dialectList{
		{resources + "users/api-tokens/v1", combination{models.Personal, models.ClientCredentials}},
		{resources + "users/access-tokens/v1", combination{models.Personal, models.AccessToken}},
		{resources + "tenants/api-tokens/v1", combination{models.API, models.ClientCredentials}},
		{resources + "tenants/access-tokens/v1", combination{models.API, models.AccessToken}},
	}
}

func dialectTokenDoors() []door {
	creation := func(path string, l dialectList) door {
		d := door{route: path, done: http.StatusCreated, fields: []field{free("description"), free("expiresInMinutes")}}
		object := map[string]any{"description": "Nightly export", "expiresInMinutes": 1440}
		if l.kind == models.ClientCredentials {
			d.fields, object["metadata"] = append(d.fields, free("metadata")), map[string]any{"team": "a"}
		}
		if l.context == models.API {
			d.fields = append(d.fields, free("roleIds"), free("permissionIds"))
		}
		d.open = func(b *bench) errand {
			if l.context == models.API {
				object["roleIds"] = []string{b.roles["Editor"]}
			}
			return errand{path: path, object: object, acting: b.acting(l.context)}
		}
		return d
	}
	about := func(l dialectList, verb string, object map[string]any, fields ...field) door {
		return door{verb: verb, route: l.path + "/:id", done: http.StatusOK, fields: fields, open: func(b *bench) errand {
			return errand{path: l.path + "/" + b.mint(l.combination, 0).Token.ID, object: object, acting: b.acting(l.context)}
		}}
	}
	var all []door
	for _, l := range dialectLists() {
		all = append(all, creation(l.path, l), about(l, http.MethodDelete, nil))
		if strings.HasSuffix(l.path, "tenants/api-tokens/v1") {
			all = append(all, creation(resources+"tenants/api-tokens/v2", l),
				about(l, http.MethodPatch, map[string]any{"description": "Edited", "roleIds": []string{}},
					free("description"), free("metadata"), free("roleIds"), free("permissionIds")))
		}
	}
	return all
}

func dialectRightsDoors() []door {
	return []door{{route: resources + "roles/v2", done: http.StatusCreated, open: func(b *bench) errand {
		return errand{path: resources + "roles/v2", object: map[string]any{"key": b.next("Role"), "name": "Clerk", "baseRoleId": b.roles["Editor"]}}
	}, fields: []field{free("key"), free("name"), free("description"), free("isDefault"), free("baseRoleId"), free("permissionIds")}}}
}

func dialectUserDoors() []door {
	about := func(verb, path, act string, before func(b *bench, tenantID, userID string) error) door {
		return door{verb: verb, route: resources + path + "/:id" + act, done: http.StatusOK, open: func(b *bench) errand {
			m := b.person(b.acme.ID, "Viewer")
			if before != nil {
				b.must(before(b, m.TenantID, m.UserID))
			}
			return errand{path: resources + path + "/" + m.UserID + act, acting: b.acting(models.API)}
		}}
	}
	return []door{
		about(http.MethodDelete, "users/v1", "", nil),
		about(http.MethodPost, "tenants/users/v1", "/disable", nil),
		about(http.MethodPost, "tenants/users/v1", "/enable", func(b *bench, tenantID, userID string) error {
			return b.accounts.DisableMember(b.t.Context(), system(), tenantID, userID)
		}),
	}
}

func dialectPortalDoors() []door {
	// turn is so, or not, so that each errand changes something.
	turn := func(b *bench) bool { b.n++; return b.n%2 == 0 }
	return []door{
		{route: "/metadata", done: http.StatusCreated, open: func(b *bench) errand {
			visibility := models.Hidden
			if turn(b) {
				visibility = models.Always
			}
			return errand{path: "/metadata", object: map[string]any{"entityName": "adminBox", "configuration": map[string]any{
				"navigation": map[string]any{"apiTokens": map[string]any{"visibility": visibility}},
			}}}
		}, fields: []field{free("entityName"), free("configuration")}},
		{route: resources + "configurations/v1", done: http.StatusCreated, open: func(b *bench) errand {
			return errand{path: resources + "configurations/v1", object: map[string]any{"forcePermissions": turn(b)}}
		}, fields: []field{
			free("defaultTokenExpiration"), free("defaultRefreshTokenExpiration"), free("cookieSameSite"), free("addRolesToJwt"), free("addPermissionsToJwt"),
			free("accessTokenFormat"), free("apiTokensEnabled"), free("forcePermissions"), free("machineToMachineAuthStrategy"),
		}},
	}
}

// portalLinkDoors is the one of our own API, at one address.
func portalLinkDoors() []door {
	return []door{{route: portalLinksPath, done: http.StatusCreated, json: true, open: func(b *bench) errand {
		return errand{path: portalLinksPath, jwt: b.vendorToken(), object: map[string]any{"tenant": b.acme.ID, "user": b.dana.UserID, "page": "api-tokens"}}
	}, fields: []field{free("tenant"), free("user"), free("page"), free("provision"), free("name"), free("roles")}}}
}

// acting are the headers of a program of the vendor's that acts for Acme, and for
// dana where tokens are personal.
func (b *bench) acting(in models.Context) []string {
	headers := []string{"Frontegg-Tenant-Id", b.acme.ID}
	if in == models.Personal {
		headers = append(headers, "Frontegg-User-Id", b.dana.UserID)
	}
	return headers
}

// vendorToken is a JWT of one vendor key for all errands.
func (b *bench) vendorToken() string {
	b.t.Helper()
	if b.vendor == "" {
		b.vendor = b.vendorJWT(b.vendorKey())
	}
	return b.vendor
}

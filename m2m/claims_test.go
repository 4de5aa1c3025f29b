package m2m_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-dev/latchkey/m2m"
)

func TestClaims_WhatIsAbsentAndWhatIsNull(t *testing.T) {
	t.Parallel()
	owner := "0190b7c8-7b1c-7d7e-8b1a-2d3c4b5a6978"
	for name, tc := range map[string]struct {
		claims m2m.Claims
		want   string
	}{
		"a person's": {
			m2m.Claims{
				Subject: "c", TenantID: "t", Type: m2m.UserAPIToken, UserID: owner, CreatedByUserID: &owner,
				Email: "dana@acme.example", UserMetadata: map[string]any{}, Metadata: map[string]any{},
				Roles: []string{"Editor"}, Permissions: []string{"reports.read"},
				ApplicationID: "e", Audience: "e", Issuer: "https://tokens.example", IssuedAt: 1, ExpiresAt: 2,
			},
			`{"sub":"c","tenantId":"t","type":"userApiToken","userId":"` + owner + `","createdByUserId":"` + owner + `",` +
				`"email":"dana@acme.example","userMetadata":{},"metadata":{},"roles":["Editor"],"permissions":["reports.read"],` +
				`"applicationId":"e","aud":"e","iss":"https://tokens.example","iat":1,"exp":2}`,
		},
		"an account's, made by the vendor, without rights": {
			m2m.Claims{
				Subject: "c", TenantID: "t", Type: m2m.TenantAPIToken, Metadata: map[string]any{},
				Roles: []string{}, Permissions: []string{},
				ApplicationID: "e", Audience: "e", Issuer: "https://tokens.example", IssuedAt: 1, ExpiresAt: 2,
			},
			`{"sub":"c","tenantId":"t","type":"tenantApiToken","createdByUserId":null,"metadata":{},"roles":[],"permissions":[],` +
				`"applicationId":"e","aud":"e","iss":"https://tokens.example","iat":1,"exp":2}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(tc.claims)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.want {
				t.Errorf("marshalled as\n%s\nwant\n%s", got, tc.want)
			}
			var back m2m.Claims
			if err := json.Unmarshal(got, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.claims, back); diff != "" {
				t.Errorf("does not come back as it was:\n%s", diff)
			}
		})
	}
}

func TestClaims_SeveralAudiencesAreNotOurs(t *testing.T) {
	t.Parallel()
	var c m2m.Claims
	if err := json.Unmarshal([]byte(`{"aud":["e"]}`), &c); err == nil {
		t.Error("an array of audiences was read")
	}
}

func TestNumericDate_IsUTC(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
	if got := m2m.NumericDate(want.Unix()).Time(); !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("Time = %s", got)
	}
}

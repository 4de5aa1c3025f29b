package tokens

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/latchkey-dev/latchkey/models"
)

// Detail gives one of the tokens that List would, with all that its page shows.
// Errors are those of Get.
func (t *Tokens) Detail(ctx context.Context, caller models.Caller, in models.Context, id string) (models.TokenDetail, error) {
	if !may(caller, in, in.Rights().Read) {
		return models.TokenDetail{}, models.ErrForbidden
	}
	if !models.ValidID(id) {
		return models.TokenDetail{}, models.ErrNotFound
	}
	detail, err := t.store.TokenDetail(ctx, caller.TenantID, id, models.Stamp(t.now()))
	if _, err := checkOwn(caller, in, detail.TokenRow, err); err != nil {
		return models.TokenDetail{}, err
	}
	return detail, nil
}

// Check tells how the token would be judged if its secret in force were shown
// now, from the address ip; with an empty ip, addresses are left out of it. It
// is no use of the token, and no refusal: nothing is noted.
//
// Errors are those of Get, and *models.InvalidError about ip (address) for a
// text that is no address.
func (t *Tokens) Check(ctx context.Context, caller models.Caller, in models.Context, id, ip string) (Verdict, error) {
	if _, err := t.Get(ctx, caller, in, id); err != nil {
		return Verdict{}, err
	}
	if _, err := netip.ParseAddr(ip); ip != "" && err != nil {
		return Verdict{}, models.Invalid("ip", "address")
	}
	credential, err := t.store.CredentialByID(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return Verdict{}, models.ErrNotFound
	}
	if err != nil {
		return Verdict{}, fmt.Errorf("check: %w", err)
	}
	if ip == "" {
		ip = anAddress(credential.Token)
	}
	now := t.now()
	end, _ := credential.Policies().End(credential.Token, now)
	if reason := judge(credential, credential.Token.ExpiresAt, ip, now); reason != "" {
		return denied(credential, reason, end), nil
	}
	return granted(credential, end), nil
}

// Contacts gives the people who may be named as a token's contact, by name:
// members of the account who are not disabled, with id, name and e-mail only.
// models.ErrForbidden without the write permission.
func (t *Tokens) Contacts(ctx context.Context, caller models.Caller, in models.Context) ([]models.User, error) {
	if !may(caller, in, in.Rights().Write) {
		return nil, models.ErrForbidden
	}
	people, err := t.store.Contacts(ctx, caller.TenantID)
	if err != nil {
		return nil, fmt.Errorf("contacts: %w", err)
	}
	return people, nil
}

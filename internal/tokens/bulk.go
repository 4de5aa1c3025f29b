package tokens

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/latchkey-dev/latchkey/models"
)

const (
	// bulkBatch is how many tokens one transaction of a bulk changes: few
	// enough that nobody else waits long for the database.
	bulkBatch = 200
	// bulkIdle is how long a bulk rests before another replica takes it up: the
	// one that worked at it has ended.
	bulkIdle = 30 * time.Second
	// bulkLook is how often a replica looks for bulks that others left.
	bulkLook = 10 * time.Second
	// maxChosen is how many tokens can be chosen one by one: those of a page.
	maxChosen = 200
)

// bulkStore is what bulks are kept in.
type bulkStore interface {
	Member(ctx context.Context, tenantID, userID string, now time.Time) (models.Member, error)
	PreviewBulk(ctx context.Context, b models.Bulk) (models.BulkPreview, error)
	CreateBulk(ctx context.Context, b models.Bulk, event models.Event) error
	Bulk(ctx context.Context, tenantID, id string) (models.Bulk, error)
	BulkByFormID(ctx context.Context, tenantID, formID string) (models.Bulk, error)
	OpenBulk(ctx context.Context, idle time.Time) (models.Bulk, error)
	DeferBulk(ctx context.Context, id string, now time.Time) error
	StepBulk(ctx context.Context, b models.Bulk, size int, now time.Time, about func(models.Token) models.Event, ended models.Event) (models.Bulk, error)
	StopBulk(ctx context.Context, id, reason string, at time.Time, event models.Event) error
	PurgeBulks(ctx context.Context, finishedBefore time.Time) error
}

// BulkRequest is an action on many tokens of one of the caller's lists.
type BulkRequest struct {
	Context models.Context
	Action  models.BulkAction
	// IDs are tokens chosen one by one, at most 200. Those that are not of the
	// list are passed over. With All they don't count.
	IDs []string
	// All is every token of the list that meets Filter. Without it Filter is
	// judged and no more.
	All    bool
	Filter models.TokenFilter
	// FormID is the one-use id of the form. Required by StartBulk.
	FormID string
}

// PreviewBulk tells what the bulk would touch, exactly.
//
// Errors: models.ErrForbidden without the right; *models.InvalidError about
// tokens (required, too_many) or as List has it about the filter.
func (t *Tokens) PreviewBulk(ctx context.Context, caller models.Caller, r BulkRequest) (models.BulkPreview, error) {
	_, preview, err := t.bulkOf(ctx, caller, r)
	return preview, err
}

// StartBulk begins to do what PreviewBulk told. typed is the number of tokens as
// the person typed it: a bulk whose number has changed meanwhile is looked at
// again.
//
// Errors: those of PreviewBulk; *models.InvalidError about count (not_the_number
// with N, the number) or form (required); models.ErrConflict when the same
// person sent the form before.
func (t *Tokens) StartBulk(ctx context.Context, caller models.Caller, r BulkRequest, typed string) (models.Bulk, error) {
	// Sent again, there may be nothing left to count: that is no reason to say so.
	if _, err := t.BulkByFormID(ctx, caller, r.Context, r.FormID); err == nil {
		return models.Bulk{}, models.ErrConflict
	} else if !errors.Is(err, models.ErrNotFound) && !errors.Is(err, models.ErrForbidden) {
		return models.Bulk{}, err
	}
	b, preview, err := t.bulkOf(ctx, caller, r)
	if err != nil {
		return models.Bulk{}, err
	}
	invalid := &models.InvalidError{}
	if ungrouped.Replace(typed) != strconv.Itoa(preview.Total) {
		invalid.Add("count", "not_the_number", "N", preview.Total)
	}
	if r.FormID == "" {
		invalid.Add("form", "required")
	}
	if err := invalid.OrNil(); err != nil {
		return models.Bulk{}, err
	}
	b.ID, b.Total, b.NoLater, b.FormID = models.NewID(b.CreatedAt), preview.Total, preview.NoLater, models.HashFormID(caller, r.FormID)
	event := bulkEvent(caller, models.BulkStarted, b, b.Total)
	if err := t.store.CreateBulk(ctx, b, event); err != nil {
		return models.Bulk{}, fmt.Errorf("start bulk: %w", err)
	}
	t.wakeBulks()
	return b, nil
}

// ungrouped takes from a number what people and pages put between its digits.
var ungrouped = strings.NewReplacer(" ", "", ",", "", ".", "", "'", "", "’", "", "\u00a0", "", "\u202f", "")

// bulkOf judges a request and reads what it would touch.
func (t *Tokens) bulkOf(ctx context.Context, caller models.Caller, r BulkRequest) (models.Bulk, models.BulkPreview, error) {
	now := models.Stamp(t.now())
	if !may(caller, r.Context, r.Action.Right(r.Context)) {
		event := models.NewEvent(caller, models.BulkStarted, now).About("bulk", "", string(r.Action))
		return models.Bulk{}, models.BulkPreview{}, t.refuse(ctx, event, &refusal{"permission", models.ErrForbidden})
	}
	invalid := &models.InvalidError{}
	b := models.Bulk{
		TenantID: caller.TenantID, Context: r.Context, UserID: listOwner(caller, r.Context), Action: r.Action,
		ActorID: caller.UserID, IP: caller.IP, UserAgent: caller.UserAgent, RequestID: caller.RequestID,
		State: models.BulkWaiting, CreatedAt: now, UpdatedAt: now,
	}
	filter := checkFilter(r.Filter, invalid)
	if r.All {
		b.Filter = filter
	} else if b.IDs = chosenIDs(r.IDs); len(b.IDs) == 0 {
		invalid.Add("tokens", "required")
	} else if len(b.IDs) > maxChosen {
		invalid.Add("tokens", "too_many", "max", maxChosen)
	}
	if err := invalid.OrNil(); err != nil {
		return models.Bulk{}, models.BulkPreview{}, err
	}
	preview, err := t.store.PreviewBulk(ctx, b)
	if errors.Is(err, models.ErrNotFound) {
		return models.Bulk{}, models.BulkPreview{}, models.Invalid("role", "unknown")
	}
	if err != nil {
		return models.Bulk{}, models.BulkPreview{}, fmt.Errorf("preview bulk: %w", err)
	}
	if preview.Total == 0 {
		return models.Bulk{}, models.BulkPreview{}, models.Invalid("tokens", "required")
	}
	return b, preview, nil
}

// chosenIDs is each id once, without those in a spelling that no token has.
func chosenIDs(ids []string) []string {
	chosen := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !models.ValidID(id) })
	slices.Sort(chosen)
	return slices.Compact(chosen)
}

func bulkEvent(caller models.Caller, action models.Action, b models.Bulk, tokens int) models.Event {
	return models.NewEvent(caller, action, b.UpdatedAt).In(b.TenantID).
		About("bulk", b.ID, fmt.Sprintf("%s %d tokens", b.Action, tokens))
}

// Bulk tells how far a bulk on one of the caller's lists has come.
// models.ErrForbidden without the read permission, models.ErrNotFound for every
// other id.
func (t *Tokens) Bulk(ctx context.Context, caller models.Caller, in models.Context, id string) (models.Bulk, error) {
	if !may(caller, in, in.Rights().Read) {
		return models.Bulk{}, models.ErrForbidden
	}
	if !models.ValidID(id) {
		return models.Bulk{}, models.ErrNotFound
	}
	b, err := t.store.Bulk(ctx, caller.TenantID, id)
	return checkBulk(caller, in, b, err)
}

// BulkByFormID gives the bulk that the caller started with the form. Errors are
// those of Bulk; models.ErrNotFound when they started none.
func (t *Tokens) BulkByFormID(ctx context.Context, caller models.Caller, in models.Context, formID string) (models.Bulk, error) {
	if !may(caller, in, in.Rights().Read) {
		return models.Bulk{}, models.ErrForbidden
	}
	b, err := t.store.BulkByFormID(ctx, caller.TenantID, models.HashFormID(caller, formID))
	return checkBulk(caller, in, b, err)
}

func checkBulk(caller models.Caller, in models.Context, b models.Bulk, err error) (models.Bulk, error) {
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return models.Bulk{}, fmt.Errorf("bulk: %w", err)
	}
	if err != nil || b.Context != in || b.UserID != listOwner(caller, in) {
		return models.Bulk{}, models.ErrNotFound
	}
	return b, nil
}

// StopBulk ends one that is not over; what it has done stays done. It asks for
// the right that its action asks for. models.ErrConflict when it is over.
func (t *Tokens) StopBulk(ctx context.Context, caller models.Caller, in models.Context, id string) error {
	b, err := t.Bulk(ctx, caller, in, id)
	if err != nil {
		return err
	}
	b.UpdatedAt = models.Stamp(t.now())
	event := bulkEvent(caller, models.BulkEnded, b, b.Done)
	if !may(caller, in, b.Action.Right(in)) {
		return t.refuse(ctx, event, &refusal{"permission", models.ErrForbidden})
	}
	event.Reason = "stopped"
	if err := t.store.StopBulk(ctx, b.ID, "stopped", b.UpdatedAt, event); err != nil {
		return fmt.Errorf("stop bulk: %w", err)
	}
	return nil
}

// RunBulks works at bulks until ctx ends, those that were left by a replica that
// ended included. What a transaction has not finished by then, the next start
// or another replica does.
func (t *Tokens) RunBulks(ctx context.Context) error {
	look := time.NewTicker(bulkLook)
	defer look.Stop()
	for {
		for ctx.Err() == nil {
			worked, err := t.WorkBulk(ctx)
			if err != nil && ctx.Err() == nil {
				t.log.ErrorContext(ctx, "a bulk waits", "error", err)
			}
			if err != nil || !worked {
				break
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.bulks:
		case <-look.C:
		}
	}
}

// wakeBulks lets RunBulks look at once.
func (t *Tokens) wakeBulks() {
	select {
	case t.bulks <- struct{}{}:
	default:
	}
}

// WorkBulk finishes the open bulk that has waited longest, batch by batch, and tells whether
// there was one. Before each batch it is judged whether whoever started it may
// still do it.
func (t *Tokens) WorkBulk(ctx context.Context) (bool, error) {
	b, err := t.store.OpenBulk(ctx, models.Stamp(t.now().Add(-bulkIdle)))
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open bulk: %w", err)
	}
	for !b.Over() && ctx.Err() == nil {
		if b, err = t.stepBulk(ctx, b); errors.Is(err, models.ErrConflict) {
			return true, nil // somebody else works at it, or stopped it
		}
		if err != nil {
			// The others are not to wait for one that fails.
			return true, errors.Join(fmt.Errorf("bulk %s: %w", b.ID, err), t.store.DeferBulk(ctx, b.ID, models.Stamp(t.now())))
		}
	}
	return true, nil
}

func (t *Tokens) stepBulk(ctx context.Context, b models.Bulk) (models.Bulk, error) {
	now := models.Stamp(t.now())
	caller, err := t.bulkCaller(ctx, b, now)
	if err != nil {
		return b, err
	}
	b.UpdatedAt = now
	ended := bulkEvent(caller, models.BulkEnded, b, b.Total)
	if !may(caller, b.Context, b.Action.Right(b.Context)) {
		b.State, b.Reason = models.BulkStopped, "forbidden"
		return b, t.store.StopBulk(ctx, b.ID, b.Reason, now, ended.Refuse(b.Reason))
	}
	action := models.TokenDeleted
	if b.Action == models.BulkDisable {
		action = models.TokenDisabled
	}
	return t.store.StepBulk(ctx, b, bulkBatch, now, func(token models.Token) models.Event {
		return models.NewEvent(caller, action, now).About("token", token.ID, token.Description)
	}, ended)
}

// bulkCaller is whoever started the bulk, with the rights that they have now:
// none for one who is gone, disabled or in a disabled account.
func (t *Tokens) bulkCaller(ctx context.Context, b models.Bulk, now time.Time) (models.Caller, error) {
	caller := models.Caller{
		Kind: models.Person, UserID: b.ActorID, TenantID: b.TenantID, IP: b.IP, UserAgent: b.UserAgent, RequestID: b.RequestID,
	}
	tenant, err := t.store.Tenant(ctx, b.TenantID)
	if err != nil {
		return caller, err
	}
	member, err := t.store.Member(ctx, b.TenantID, b.ActorID, now)
	if errors.Is(err, models.ErrNotFound) {
		return caller, nil
	}
	if err != nil {
		return caller, err
	}
	if tenant.Disabled() || member.Disabled() || member.User.Disabled() {
		return caller, nil
	}
	for _, role := range member.Roles {
		caller.Permissions = append(caller.Permissions, role.Permissions...)
	}
	return caller, nil
}

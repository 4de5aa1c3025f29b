package models

import "time"

// BulkAction is what is done to many tokens at once.
type BulkAction string

const (
	BulkDelete  BulkAction = "delete"
	BulkDisable BulkAction = "disable"
)

// Valid tells whether a is one of the two.
func (a BulkAction) Valid() bool { return a == BulkDelete || a == BulkDisable }

// Right is the permission that the action asks for.
func (a BulkAction) Right(in Context) string {
	switch a {
	case BulkDelete:
		return in.Rights().Delete
	case BulkDisable:
		return in.Rights().Write
	default:
		return ""
	}
}

// BulkState is how far a bulk has come.
type BulkState string

const (
	BulkWaiting  BulkState = "waiting"
	BulkRunning  BulkState = "running"
	BulkFinished BulkState = "finished"
	// BulkStopped ended before its time: somebody stopped it, or whoever
	// started it may not do it any more. What was done stays done.
	BulkStopped BulkState = "stopped"
)

// Bulk is one action on many tokens of one list, done in batches.
type Bulk struct {
	ID string
	// TenantID, Context and UserID are the list; UserID is empty for the account's.
	TenantID string
	Context  Context
	UserID   string
	// ActorID started it; IP, UserAgent and RequestID are of that request.
	ActorID                  string
	IP, UserAgent, RequestID string

	Action BulkAction
	// IDs are the tokens that were chosen one by one. Without any, Filter picks
	// them out of the list.
	IDs    []string
	Filter TokenFilter
	// NoLater is the newest id that belongs to it: tokens made since do not.
	NoLater string

	State BulkState
	// Reason is why it stopped: "stopped" by a person, "forbidden".
	Reason string
	// Total is how many were confirmed. Done were changed; the rest of Seen had
	// been deleted or disabled by somebody else meanwhile.
	Total, Seen, Done int
	// After is the last token that was looked at: they go from new to old.
	After string

	CreatedAt  time.Time
	UpdatedAt  time.Time
	FinishedAt *time.Time
	// FormID is the one-use id of the form, unique within the account.
	FormID string
}

// Over tells whether nothing more will be done.
func (b Bulk) Over() bool { return b.State == BulkFinished || b.State == BulkStopped }

// BulkPreview is what a bulk would touch.
type BulkPreview struct {
	// Total is exact; Used were used in the last 24 hours.
	Total, Used int
	// First are a few of them, newest first.
	First []Token
	// NoLater is the newest of them.
	NoLater string
}

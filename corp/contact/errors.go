package contact

import (
	"fmt"
	"net/http"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
)

// ItemErrors says that an import came to its end and failed for some rows.
// [errors.Is] and [errors.AsType] look into every row:
//
//	r, err := c.Batch().WaitResult(ctx, jobID)
//	if failed, ok := errors.AsType[*contact.ItemErrors](err); ok {
//		repair(failed.Items) // and use r
//	}
type ItemErrors struct {
	Op    string      // path of the call
	Items []ItemError // rows that failed, in the order of the reply, at least one
}

// ItemError is why one row failed.
type ItemError struct {
	Index   int    // of the row in the reply, from 0
	UserID  string // of an import of members
	PartyID int64  // of an import of departments
	Err     *wecom.Error
}

// Error counts the failed rows and shows the first.
func (e *ItemErrors) Error() string {
	text := fmt.Sprintf("contact: %s: %d rows failed", e.Op, len(e.Items))
	if len(e.Items) > 0 {
		text += fmt.Sprintf("; the first is row %d: %v", e.Items[0].Index, e.Items[0].Err)
	}
	return text
}

// Unwrap returns the error of each row.
func (e *ItemErrors) Unwrap() []error {
	errs := make([]error, len(e.Items))
	for i, item := range e.Items {
		errs[i] = item.Err
	}
	return errs
}

// itemError makes the error of a row.
func itemError(op string, index int, row JobRow) ItemError {
	return ItemError{
		Index: index, UserID: row.UserID, PartyID: row.PartyID,
		Err: &wecom.Error{Op: op, Code: row.ErrCode, Message: wire.Line(row.ErrMsg), Status: http.StatusOK},
	}
}

// PartialError says that a call was carried out, but not for the ids it names:
// they are unknown, or outside what the caller may see. To repeat the call as it
// was brings nothing.
type PartialError struct {
	Op          string // path of the call
	Users       []string
	Departments []int64
	Tags        []int64
}

// Error counts what was left out.
func (e *PartialError) Error() string {
	return fmt.Sprintf("contact: %s: left out as invalid: %d members, %d departments, %d tags", e.Op, len(e.Users), len(e.Departments), len(e.Tags))
}

// leftOut returns an error unless all lists are empty.
func leftOut(op string, users []string, departments, tags []int64) error {
	if len(users)+len(departments)+len(tags) == 0 {
		return nil
	}
	return &PartialError{Op: op, Users: users, Departments: departments, Tags: tags}
}

package provider

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/wire"
)

// ItemErrors says that a call succeeded as a whole and failed for some of its
// items; the others are in the response that comes with it. [errors.Is] and
// [errors.AsType] look into every item:
//
//	r, err := p.Contact().BatchSearch(ctx, req)
//	if failed, ok := errors.AsType[*provider.ItemErrors](err); ok {
//		retry(failed.Items) // and use r
//	}
type ItemErrors struct {
	Op    string      // path of the call
	Items []ItemError // those that failed, in the order of the reply, at least one
}

// ItemError is why one item of a call failed.
type ItemError struct {
	Index int // of the item in the reply, from 0
	Err   *wecom.Error
}

// Error counts the failed items and shows the first.
func (e *ItemErrors) Error() string {
	text := fmt.Sprintf("provider: %s: %d items failed", e.Op, len(e.Items))
	if len(e.Items) > 0 {
		text += fmt.Sprintf("; the first is item %d: %v", e.Items[0].Index, e.Items[0].Err)
	}
	return text
}

// Unwrap returns the error of each item.
func (e *ItemErrors) Unwrap() []error {
	errs := make([]error, len(e.Items))
	for i, item := range e.Items {
		errs[i] = item.Err
	}
	return errs
}

// itemError makes the error of item index. The message does not quote word,
// which was sent for the item.
func itemError(op string, index int, code wecom.Code, message, word string) ItemError {
	const shortest = 6 // what is shorter is no secret, and hiding it would mangle the text
	if len(word) >= shortest {
		message = strings.ReplaceAll(message, word, "[secret]")
	}
	return ItemError{Index: index, Err: &wecom.Error{Op: op, Code: code, Message: wire.Line(message), Status: http.StatusOK}}
}

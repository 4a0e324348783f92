// Package paging makes one sequence of the items that an endpoint hands out
// page by page.
package paging

import (
	"context"
	"errors"
	"iter"
)

// Errors of a platform whose cursor leads nowhere.
var (
	errStuck    = errors.New("paging: the platform gave the same cursor again")
	errNoCursor = errors.New("paging: the platform has more pages and gave no cursor")
)

// All yields the items of all pages. fetch returns the page at cursor, "" for
// the first, and the cursor of the next page, "" after the last; see [Next] for
// endpoints that say so in a field of their own.
//
// The sequence is lazy: a page is fetched when its first item is wanted. It may
// be ranged over again, which starts at the first page, and by several
// goroutines at once. An error ends it and comes with a zero item. A cursor
// that does not move is an error, and so is a context that has ended.
func All[T any](ctx context.Context, fetch func(ctx context.Context, cursor string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for cursor := ""; ; {
			if err := ctx.Err(); err != nil {
				yield(zero, err)
				return
			}
			items, next, err := fetch(ctx, cursor)
			if err != nil {
				yield(zero, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			switch next {
			case "":
				return
			case cursor:
				yield(zero, errStuck)
				return
			}
			cursor = next
		}
	}
}

// Next returns what fetch of [All] returns as next for an endpoint that says
// whether there is more apart from the cursor: after the last page such an
// endpoint may still send a cursor.
func Next(more bool, cursor string) (string, error) {
	switch {
	case !more:
		return "", nil
	case cursor == "":
		return "", errNoCursor
	}
	return cursor, nil
}

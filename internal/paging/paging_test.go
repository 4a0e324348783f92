package paging_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/internal/paging"
)

// book is a source of pages that notes the cursors it was asked for.
type book struct {
	mu    sync.Mutex
	pages map[string]page
	asked []string
}

type page struct {
	items []int
	next  string
	err   error
}

func (b *book) fetch(_ context.Context, cursor string) ([]int, string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, cursor)
	p := b.pages[cursor]
	return p.items, p.next, p.err
}

// read drains a sequence.
func read(seq iter.Seq2[int, error]) (items []int, err error) {
	for item, e := range seq {
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		items = append(items, item)
	}
	return items, err
}

func threePages() *book {
	return &book{pages: map[string]page{
		"":  {items: []int{1, 2}, next: "b"},
		"b": {next: "c"}, // an empty page is not the end
		"c": {items: []int{3}},
	}}
}

func TestAll(t *testing.T) {
	t.Parallel()
	b := threePages()
	all := paging.All(t.Context(), b.fetch)
	assert.Empty(t, b.asked, "nothing is fetched before it is wanted")

	for range 2 { // the second range starts over
		items, err := read(all)
		require.NoError(t, err)
		assert.Equal(t, []int{1, 2, 3}, items)
	}
	assert.Equal(t, []string{"", "b", "c", "", "b", "c"}, b.asked)
}

func TestAllStops(t *testing.T) {
	t.Parallel()
	b := threePages()
	for item, err := range paging.All(t.Context(), b.fetch) {
		require.NoError(t, err)
		if item == 2 {
			break
		}
	}
	assert.Equal(t, []string{""}, b.asked, "the second page was not wanted")
}

func TestAllAtOnce(t *testing.T) {
	t.Parallel()
	all := paging.All(t.Context(), threePages().fetch)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			items, err := read(all)
			assert.NoError(t, err)
			assert.Equal(t, []int{1, 2, 3}, items)
		})
	}
	wg.Wait()
}

func TestAllEndsWithAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	tests := []struct {
		name  string
		pages map[string]page
		want  string
		asked []string
	}{
		{"of the call", map[string]page{"": {items: []int{1}, next: "b"}, "b": {items: []int{2}, err: broken}}, "broken", []string{"", "b"}},
		{"a cursor that stays", map[string]page{"": {items: []int{1}, next: "b"}, "b": {next: "b"}}, "the same cursor", []string{"", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := &book{pages: tt.pages}
			items, err := read(paging.All(t.Context(), b.fetch))
			require.ErrorContains(t, err, tt.want)
			assert.Equal(t, []int{1}, items, "what came before the error is kept, what came with it is not")
			assert.Equal(t, tt.asked, b.asked)
		})
	}
}

func TestAllEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b := threePages()
	var items []int
	var last error
	for item, err := range paging.All(ctx, b.fetch) {
		if last = err; err != nil {
			break
		}
		items = append(items, item)
		cancel()
	}
	require.ErrorIs(t, last, context.Canceled)
	assert.Equal(t, []int{1, 2}, items, "the page at hand is handed out")
	assert.Equal(t, []string{""}, b.asked)
}

func TestNext(t *testing.T) {
	t.Parallel()
	next, err := paging.Next(true, "b")
	require.NoError(t, err)
	assert.Equal(t, "b", next)

	next, err = paging.Next(false, "b")
	require.NoError(t, err)
	assert.Empty(t, next, "some endpoints send a cursor after the last page")

	_, err = paging.Next(true, "")
	require.ErrorContains(t, err, "no cursor")
}

package wecom_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
)

// What its constructor has not made says so, and never that a cache is only empty.
func TestWhatWasNotMadeIsRefused(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	second := func(_ any, err error) error { return err }
	for _, cache := range []*wecom.MemoryCache{nil, {}} {
		for _, err := range []error{
			second(cache.Load(ctx, "k")), second(cache.Save(ctx, "k", wecom.Token{Value: "v"})), cache.Drop(ctx, "k", 1),
			second(cache.Lock(ctx, "k", time.Minute)),
		} {
			require.ErrorContains(t, err, "not made by NewMemoryCache")
			require.NotErrorIs(t, err, wecom.ErrNotCached)
		}
	}
	fetch := func(context.Context) (wecom.Token, error) { return wecom.NewToken("v", 7200) }
	for _, source := range []*wecom.CachedSource{nil, {}, new(wecom.Client).TokenSource("k", fetch), (*wecom.Client)(nil).TokenSource("k", fetch)} {
		for _, err := range []error{second(source.Token(ctx)), source.Reject(ctx, wecom.Token{Value: "v"}), source.Forget(ctx)} {
			require.ErrorContains(t, err, "not made by Client.TokenSource")
		}
	}
	for _, api := range []*wecom.Client{nil, {}} {
		err := api.Do(ctx, wecom.Call{Path: path}, nil)
		require.ErrorContains(t, err, "wecom: "+path+": the Client was not made by New")
	}
	mt, calls := answers(ok())
	err := newClient(t, wecom.WithTransport(mt)).Do(ctx, wecom.Call{Path: path, Auth: auth(wecom.TokenFunc(nil))}, nil)
	require.ErrorContains(t, err, "the TokenFunc is nil")
	require.NoError(t, wecom.TokenFunc(nil).Reject(context.Background(), wecom.Token{}))
	require.Zero(t, calls.Load())
}

package suite_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

func sealKey(id, fill string) wecom.SealKey {
	return wecom.SealKey{ID: id, Key: wecom.NewSecret(base64.StdEncoding.EncodeToString([]byte(strings.Repeat(fill, 32))))}
}

func sealCodes(t *testing.T, inner suite.CodeStore, keys ...wecom.SealKey) suite.CodeStore {
	t.Helper()
	s, err := suite.SealCodes(inner, keys...)
	require.NoError(t, err)
	return s
}

func memoryCodes() suite.CodeStore { return suite.NewCacheCodes(wecom.NewMemoryCache()) }

func code(corpID, value string) suite.PermanentCode {
	return suite.PermanentCode{SuiteID: "ww1", CorpID: corpID, Code: wecom.NewSecret(value), At: time.Now()}
}

func TestSealCodesContract(t *testing.T) {
	t.Parallel()
	wecomtest.TestCodeStore(t, func(t *testing.T) suite.CodeStore {
		t.Helper()
		return sealCodes(t, memoryCodes(), sealKey("k1", "a"))
	})
}

func TestCacheCodesContract(t *testing.T) {
	t.Parallel()
	wecomtest.TestCodeStore(t, func(*testing.T) suite.CodeStore { return memoryCodes() })
}

func TestSealCodesBindsToSuiteAndCorp(t *testing.T) {
	t.Parallel()
	ctx, inner := t.Context(), memoryCodes()
	s := sealCodes(t, inner, sealKey("k1", "a"))
	require.NoError(t, s.SaveCode(ctx, code("corpA", "canary")))
	stored, err := inner.LoadCode(ctx, "ww1", "corpA")
	require.NoError(t, err)
	assert.NotContains(t, stored.Code.Reveal(), "canary")

	moved := stored
	moved.CorpID = "corpB"
	require.NoError(t, inner.SaveCode(ctx, moved))
	moved.CorpID, moved.SuiteID = "corpA", "ww2"
	require.NoError(t, inner.SaveCode(ctx, moved))
	for _, at := range [][2]string{{"ww1", "corpB"}, {"ww2", "corpA"}} {
		_, err = s.LoadCode(ctx, at[0], at[1])
		require.ErrorIs(t, err, wecom.ErrSealBroken, at)
		require.NotErrorIs(t, err, suite.ErrNoCode, "the store failed; the code is there")
		assert.NotContains(t, err.Error(), stored.Code.Reveal())
	}
	got, err := s.LoadCode(ctx, "ww1", "corpA")
	require.NoError(t, err)
	assert.Equal(t, "canary", got.Code.Reveal())
}

func TestSealCodesRotationAndMigration(t *testing.T) {
	t.Parallel()
	ctx, inner := t.Context(), memoryCodes()
	require.NoError(t, inner.SaveCode(ctx, code("plain", "v0")))
	require.NoError(t, sealCodes(t, inner, sealKey("k1", "a")).SaveCode(ctx, code("old", "v1")))

	migrating := sealCodes(t, inner, sealKey("k2", "b"), sealKey("k1", "a"), wecom.AcceptUnsealed())
	strict := sealCodes(t, inner, sealKey("k2", "b"))
	for corpID, want := range map[string]error{"plain": wecom.ErrNotSealed, "old": wecom.ErrSealKeyUnknown} {
		_, err := strict.LoadCode(ctx, "ww1", corpID)
		require.ErrorIs(t, err, want)
		failure, ok := errors.AsType[*wecom.SealError](err)
		require.True(t, ok)
		assert.Equal(t, "suite/ww1/corp/"+corpID+"/code", failure.Name)

		record, err := migrating.LoadCode(ctx, "ww1", corpID)
		require.NoError(t, err)
		require.NoError(t, migrating.SaveCode(ctx, record))
		again, err := strict.LoadCode(ctx, "ww1", corpID)
		require.NoError(t, err)
		assert.Equal(t, record.Code.Reveal(), again.Code.Reveal())
	}
}

func TestSealCodesRefusesBadInput(t *testing.T) {
	t.Parallel()
	_, err := suite.SealCodes(nil, sealKey("k1", "a"))
	require.Error(t, err)
	_, err = suite.SealCodes(memoryCodes())
	require.Error(t, err)
	s := sealCodes(t, memoryCodes(), sealKey("k1", "a"))
	require.Error(t, s.SaveCode(t.Context(), code("corp", "")))
	require.Error(t, s.SaveCode(t.Context(), code("a/b", "canary")))
	_, err = s.LoadCode(t.Context(), "ww1", "a/b")
	require.Error(t, err)
	require.Error(t, s.DropCode(t.Context(), code("a/b", "x")))
}

func TestPain21_SealCodesShowsNoSecret(t *testing.T) {
	t.Parallel()
	key := sealKey("k1", "a")
	s := sealCodes(t, memoryCodes(), key)
	shown := fmt.Sprintf("%v %+v %#v", s, s, s)
	for _, leak := range []string{key.Key.Reveal(), "97 97 97", "61616161"} {
		assert.NotContains(t, shown, leak)
	}
}

package lang_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom/cmd/wecom/internal/lang"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]lang.Lang{
		"zh": lang.ZH, "zh-CN": lang.ZH, "zh_CN.UTF-8": lang.ZH, "ZH": lang.ZH, "en": lang.EN, "en_GB": lang.EN, "en.UTF-8": lang.EN,
	} {
		l, ok := lang.Parse(tag)
		assert.True(t, ok, tag)
		assert.Equal(t, want, l, tag)
	}
	for _, tag := range []string{"", "C", "POSIX", "fr_FR", "zhx"} {
		_, ok := lang.Parse(tag)
		assert.False(t, ok, tag)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	inner := lang.T("the key", "密钥")
	text := lang.T("%s has %d bytes", "%[2]d 字节的%[1]s").With(inner, 3)
	assert.Equal(t, "the key has 3 bytes", text.In(lang.EN))
	assert.Equal(t, "3 字节的密钥", text.In(lang.ZH))
	assert.Equal(t, "x", lang.Both("x").In(lang.ZH))
}

func TestError(t *testing.T) {
	t.Parallel()
	err := &lang.Error{Text: lang.T("not read", "未读取"), Err: io.ErrUnexpectedEOF}
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.EqualError(t, err, "not read: unexpected EOF")
	assert.Equal(t, "未读取: unexpected EOF", err.Full(lang.ZH))
	assert.EqualError(t, &lang.Error{Text: lang.Both("x")}, "x")
	outer := &lang.Error{Text: lang.T("no settings", "没有设置"), Err: err}
	assert.Equal(t, "没有设置: 未读取: unexpected EOF", outer.Full(lang.ZH))
	assert.EqualError(t, outer, "no settings: not read: unexpected EOF")
}

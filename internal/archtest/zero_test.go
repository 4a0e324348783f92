package archtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/corp/agent"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/corp/jssdk"
	"github.com/wecom-isv/wecom/corp/media"
	"github.com/wecom-isv/wecom/corp/message"
	"github.com/wecom-isv/wecom/crypto"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/provider/license"
	"github.com/wecom-isv/wecom/provider/paytool"
	"github.com/wecom-isv/wecom/suite"
)

// A value that its constructor has not made answers with an error, whichever of
// its methods is called; it does not panic.
func TestZeroValuesAreRefused(t *testing.T) {
	t.Parallel()
	for _, zero := range []any{
		new(wecom.Client), new(wecom.CachedSource), new(wecom.MemoryCache), new(wecom.Stream), wecom.TokenFunc(nil),
		new(crypto.Codec), new(crypto.Receivers),
		new(callback.Handler), new(callback.AddressFilter), new(callback.MemoryFilter), new(callback.Pool),
		new(suite.Client), new(suite.Template), new(suite.Corp), new(suite.SelfBuiltApp), new(suite.CacheCodes),
		new(provider.Client), new(provider.Contact), new(provider.AdvancedAPI),
		new(license.Client), license.New(nil), new(paytool.Client),
		new(contact.Client), contact.New(nil), new(contact.Users), new(contact.Departments), new(contact.Tags), new(contact.Batch),
		new(agent.Client), agent.New(nil), new(agent.Menus),
		new(message.Client), message.New(nil), new(message.Chats), new(message.School),
		new(media.Client), media.New(nil), new(jssdk.Client), new(jssdk.Clients),
	} {
		v := reflect.ValueOf(zero)
		for i := range v.NumMethod() {
			name := fmt.Sprintf("%T.%s", zero, v.Type().Method(i).Name)
			assert.NotPanics(t, func() { call(t, v.Method(i), reflect.Zero) }, "%s, with nothing in its arguments", name)
			assert.NotPanics(t, func() { call(t, v.Method(i), filled) }, "%s, with something in its arguments", name)
		}
	}
}

// call calls method with arguments made by value, and looks at one element of the
// sequences it returns.
func call(t *testing.T, method reflect.Value, value func(reflect.Type) reflect.Value) {
	t.Helper()
	stand := []reflect.Value{
		reflect.ValueOf(t.Context()), reflect.ValueOf(httptest.NewRecorder()), reflect.ValueOf(new(callback.Mux)),
		reflect.ValueOf(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)), reflect.ValueOf(io.Discard),
		reflect.ValueOf(anyState{}),
	}
	args := make([]reflect.Value, 0, method.Type().NumIn())
	for in := range method.Type().Ins() {
		arg := value(in)
		for _, s := range stand {
			if in.Kind() != reflect.Slice && in != reflect.TypeFor[any]() && s.Type().AssignableTo(in) {
				arg = s
				break
			}
		}
		args = append(args, arg)
	}
	if method.Type().IsVariadic() {
		args = args[:len(args)-1]
	}
	for _, result := range method.Call(args) {
		if result.Kind() != reflect.Func || !result.Type().CanSeq2() || result.IsNil() {
			continue
		}
		for range result.Seq2() {
			break
		}
	}
}

// filled returns a value of type t with something in every field, so that checks of
// arguments let it pass. Pointers lead to zero values, so do slices of structs, which
// may hold themselves; functions and interfaces stay nil.
func filled(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(t, 1, 1))
		if t.Elem().Kind() != reflect.Struct {
			v.Index(0).Set(filled(t.Elem()))
		}
	case reflect.Struct:
		switch t {
		case reflect.TypeFor[time.Time]():
			return reflect.ValueOf(time.Now())
		case reflect.TypeFor[wecom.Secret]():
			return reflect.ValueOf(wecom.NewSecret("x"))
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				v.Field(i).Set(filled(t.Field(i).Type))
			}
		}
	default:
	}
	return v
}

// anyState is a fmt.State that keeps nothing.
type anyState struct{ io.Writer }

func (anyState) Write(p []byte) (int, error) { return len(p), nil }
func (anyState) Width() (int, bool)          { return 0, false }
func (anyState) Precision() (int, bool)      { return 0, false }
func (anyState) Flag(int) bool               { return false }

var _ fmt.State = anyState{}

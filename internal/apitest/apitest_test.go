package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/contract"
)

// thing is a result that fits row.
type thing struct {
	ID     string       `json:"id"`
	Key    wecom.Secret `json:"key"`
	Count  int64        `json:"count,omitzero"`
	Open   bool         `json:"open"`
	Parts  []part       `json:"parts,omitzero"`
	Status int          `json:"status"`
}

type part struct {
	Name hiddenName `json:"name"`
}

// hiddenName hides itself as a code does.
type hiddenName string

func (hiddenName) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

func (n *hiddenName) UnmarshalText(text []byte) error {
	*n = hiddenName(text)
	return nil
}

func newRow() *contract.Row {
	return &contract.Row{
		ID: "x.get", Method: "POST", Path: "/cgi-bin/x/get",
		Credential: "provider_access_token", CredentialParam: "provider_access_token",
		Query: []contract.Field{{Name: "mode", Type: "string", Required: true}},
		Body:  []contract.Field{{Name: "id", Type: "string", Required: true}},
		Result: []contract.Field{
			{Name: "id", Type: "string"},
			{Name: "key", Type: "string"},
			{Name: "count", Type: "int64"},
			{Name: "open", Type: "bool"},
			{Name: "status", Type: "int32"},
			{Name: "parts", Type: "array<object>", Fields: []contract.Field{{Name: "name", Type: "string"}}},
		},
		ExampleBody:           `{"id":"a"}`,
		ExampleBodyVariants:   map[string]string{"number": `{"id":1}`},
		ExampleResult:         `{"errcode":0,"errmsg":"ok","id":"a","key":"KEY","open":true,"status":3,"parts":[{"name":"n"}]}`,
		ExampleResultVariants: map[string]string{"none": `{"errcode":0,"errmsg":"ok","parts":[]}`, "refused": `{"errcode":1,"x":1}`, "part": `{"name":"n"}`},
	}
}

// method is a method that fits the row; a test breaks one part of it.
type method struct {
	path   string
	query  url.Values
	body   map[string]any
	source wecom.TokenSource
	param  string
	safe   bool
	result func() any
	do     func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error
}

func newMethod() *method {
	return &method{
		path:   "/cgi-bin/x/get",
		query:  url.Values{"mode": {"m"}},
		body:   map[string]any{"id": "a"},
		source: nil,
		param:  "provider_access_token",
		safe:   true,
		result: func() any { return new(thing) },
		do: func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
			return api.Do(ctx, call, result)
		},
	}
}

func (m *method) call(ctx context.Context, api *wecom.Client) (any, error) {
	source := m.source
	if source == nil {
		source = api.TokenSource("provider/x/token", func(ctx context.Context) (wecom.Token, error) {
			r, err := wecom.Invoke[struct {
				Token string `json:"provider_access_token"`
			}](ctx, api, wecom.Call{Method: http.MethodPost, Path: "/cgi-bin/service/get_provider_token"})
			if err != nil {
				return wecom.Token{}, err
			}
			return wecom.NewToken(r.Token, 7200)
		})
	}
	result := m.result()
	err := m.do(ctx, api, wecom.Call{
		Method: http.MethodPost, Path: m.path, Query: m.query, Body: m.body, Safe: m.safe,
		Auth: wecom.Auth{Source: source, Param: m.param},
	}, result)
	if err != nil {
		return nil, err
	}
	return result, nil
}

// run returns what the checks find in m, by name of the check.
func run(t *testing.T, row *contract.Row, c Case) map[string]string {
	t.Helper()
	s, err := newSubject(c, row)
	require.NoError(t, err)
	found := make(map[string]string)
	for _, check := range checks {
		synctest.Test(t, func(t *testing.T) {
			if err := check.run(t.Context(), s); err != nil {
				found[check.name] = err.Error()
			}
		})
	}
	return found
}

func newCase(m *method) Case {
	return Case{ID: "x.get", Query: url.Values{"mode": {"m"}}, Safe: true, Call: m.call}
}

func TestGoodMethodPasses(t *testing.T) {
	t.Parallel()
	assert.Empty(t, run(t, newRow(), newCase(newMethod())))

	t.Run("without a credential", func(t *testing.T) {
		t.Parallel()
		row := newRow()
		row.Credential, row.CredentialParam = "none", ""
		m := newMethod()
		m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
			call.Auth = wecom.Auth{}
			return api.Do(ctx, call, result)
		}
		assert.Empty(t, run(t, row, newCase(m)))
	})
	t.Run("with a token that nothing renews", func(t *testing.T) {
		t.Parallel()
		m := newMethod()
		m.source = wecom.TokenFunc(nil)
		m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
			call.Query = maps.Clone(call.Query)
			call.Query.Set("provider_access_token", Value(Contact, 1))
			call.Auth = wecom.Auth{}
			return api.Do(ctx, call, result)
		}
		c := newCase(m)
		c.Token = Contact
		assert.Empty(t, run(t, newRow(), c))
	})
	t.Run("with a token of its own", func(t *testing.T) {
		t.Parallel()
		c := newCase(nil)
		c.Token = SelfBuilt
		c.Call = func(ctx context.Context, api *wecom.Client) (any, error) {
			m := newMethod()
			m.source = Tokens(SelfBuilt)
			return m.call(ctx, api)
		}
		assert.Empty(t, run(t, newRow(), c))
	})
	t.Run("another example, a generated field", func(t *testing.T) {
		t.Parallel()
		m := newMethod()
		m.body = map[string]any{"id": 1, "nonce": "made up"}
		c := newCase(m)
		c.Example, c.Generated = "number", []string{"nonce"}
		assert.Empty(t, run(t, newRow(), c))
	})
}

// TestFaultsAreFound breaks one part of a good method at a time.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	type narrow struct { // lacks what the example has not
		ID     string       `json:"id"`
		Key    wecom.Secret `json:"key"`
		Open   bool         `json:"open"`
		Parts  []part       `json:"parts"`
		Status int          `json:"status"`
	}
	type strict struct{ thing }
	again := func(when func(error) bool) func(m *method) {
		return func(m *method) {
			m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
				err := api.Do(ctx, call, result)
				if when(err) {
					err = api.Do(ctx, call, result)
				}
				return err
			}
		}
	}
	mapped := func(change func(err error, result any) error) func(m *method) {
		return func(m *method) {
			m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
				return change(api.Do(ctx, call, result), result)
			}
		}
	}
	for name, c := range map[string]struct {
		edit  func(m *method)
		check string
		want  string
	}{
		"path": {
			func(m *method) { m.path = "/cgi-bin/x/other" },
			"request", "no such endpoint",
		},
		"query": {
			func(m *method) { m.query = nil },
			"request", "the query is map[provider_access_token:[provider-token-000001]], want",
		},
		"parameter of the token": {
			func(m *method) { m.param = "access_token" },
			"request", "the query is map[access_token:",
		},
		"kind of token": {
			func(m *method) { m.source = Tokens(Suite) },
			"request", "suite-token-000001",
		},
		"field too many": {
			func(m *method) { m.body["debug"] = "" },
			"request", "body.debug is not in the example",
		},
		"field missing": {
			func(m *method) { m.body = map[string]any{} },
			"request", "body.id is lost",
		},
		"type of a field": {
			func(m *method) { m.body["id"] = 1 },
			"request", `body.id is 1, want "a"`,
		},
		"a body of another kind": {
			func(m *method) {
				m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
					call.Body = nil
					call.File = &wecom.File{Name: FileName, Size: int64(len(FileText)), Reader: strings.NewReader(FileText)}
					return api.Do(ctx, call, result)
				}
			},
			"request", `the body has the content type "multipart/form-data`,
		},
		"two requests": {
			again(func(error) bool { return true }),
			"request", "sent 2 requests, want 1",
		},
		"a second endpoint": {
			func(m *method) {
				m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
					_ = api.Do(ctx, wecom.Call{Path: "/cgi-bin/x/log"}, nil)
					return api.Do(ctx, call, result)
				}
			},
			"request", "sent GET /cgi-bin/x/log, which the row does not have",
		},
		"field of the example lost": {
			func(m *method) {
				m.result = func() any {
					return new(struct {
						ID string `json:"id"`
					})
				}
			},
			"result", "result.key is lost",
		},
		"field of the row lost": {
			func(m *method) { m.result = func() any { return new(narrow) } },
			"result with every field", "result.count is lost",
		},
		"a value invented": {
			mapped(func(err error, result any) error {
				if r, ok := result.(*thing); ok {
					r.Count = 5
				}
				return err
			}),
			"result", "result.count is not in the example: 5",
		},
		"a list element lost in a variant": {
			func(m *method) {
				m.result = func() any {
					return new(struct {
						thing
						Parts [1]part `json:"parts"`
					})
				}
			},
			"result in its other forms", "result.parts",
		},
		"no errcode refused": {
			func(m *method) {
				m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
					var raw wecom.RawReply
					if err := api.Do(ctx, call, &raw); err != nil {
						return err
					}
					if !bytes.Contains(raw.Body, []byte("errcode")) {
						return errors.New("no errcode")
					}
					return json.Unmarshal(raw.Body, result)
				}
			},
			"result without errcode", "no errcode",
		},
		"unknown fields refused": {
			func(m *method) {
				m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, _ any) error {
					var raw wecom.RawReply
					if err := api.Do(ctx, call, &raw); err != nil {
						return err
					}
					decoder := json.NewDecoder(bytes.NewReader(raw.Body))
					decoder.DisallowUnknownFields()
					return decoder.Decode(&struct {
						ErrCode int    `json:"errcode"`
						ErrMsg  string `json:"errmsg"`
						*strict
					}{strict: &strict{}})
				}
			},
			"result with unknown fields", `unknown field "added_later"`,
		},
		"error swallowed": {
			mapped(func(error, any) error { return nil }),
			"errcode", "the method returned no error",
		},
		"error flattened": {
			mapped(func(err error, _ any) error {
				if err != nil {
					return errors.New("it failed")
				}
				return nil
			}),
			"errcode", "the error is no *wecom.Error",
		},
		"code changed": {
			mapped(func(err error, _ any) error {
				if refusal, ok := errors.AsType[*wecom.Error](err); ok {
					refusal.Code = 1
				}
				return err
			}),
			"errcode", `the error tells op "/cgi-bin/x/get", code 1, status 200`,
		},
		"hint lost": {
			mapped(func(err error, _ any) error {
				if refusal, ok := errors.AsType[*wecom.Error](err); ok {
					refusal.Hint = ""
				}
				return err
			}),
			"errcode", `the error tells hint "", address "203.0.113.7"`,
		},
		"page shown": {
			mapped(func(err error, _ any) error {
				if errors.Is(err, wecom.ErrTransient) {
					return errors.Join(err, errors.New(page))
				}
				return err
			}),
			"error page", "shows the page",
		},
		"a page taken for a result": {
			func(m *method) {
				m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
					var raw wecom.RawReply
					if err := api.Do(ctx, call, &raw); err != nil {
						return err
					}
					_ = json.Unmarshal(raw.Body, result)
					return nil
				}
			},
			"page instead of a reply", "the method returned no error",
		},
		"cut reply taken for a result": {
			func(m *method) {
				m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
					var raw wecom.RawReply
					if err := api.Do(ctx, call, &raw); err != nil {
						return err
					}
					_ = json.Unmarshal(raw.Body, result)
					return nil
				}
			},
			"reply cut short", "after 62 bytes: the method returned no error",
		},
		"token shown": {
			mapped(func(err error, _ any) error {
				if err != nil {
					return errors.Join(err, errors.New(Value(Provider, 1)))
				}
				return nil
			}),
			"errcode", "the error shows a provider token",
		},
		"context ignored before": {
			func(m *method) {
				m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
					return api.Do(context.WithoutCancel(ctx), call, result)
				}
			},
			"context cancelled before", "the method returned no error",
		},
		"context ignored during": {
			func(m *method) {
				m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
					return api.Do(context.WithoutCancel(ctx), call, result)
				}
			},
			"context cancelled during", "the method goes on although its context has ended",
		},
		"token not renewed": {
			func(m *method) {
				m.source = wecom.TokenFunc(func(context.Context) (wecom.Token, error) {
					return wecom.Token{Value: Value(Provider, 1)}, nil
				})
			},
			"token refused", "request 2: the query is",
		},
		"a third try": {
			again(func(err error) bool { return errors.Is(err, wecom.ErrTokenRejected) }),
			"token refused", "sent 4 requests, want 2",
		},
		"not sent again": {
			func(m *method) { m.safe = false },
			"transient failure", "the case says Safe: true: sent 1 requests, want 3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMethod()
			c.edit(m)
			assert.Contains(t, run(t, newRow(), newCase(m))[c.check], c.want)
		})
	}

	t.Run("sent again though the case says no", func(t *testing.T) {
		t.Parallel()
		c := newCase(newMethod())
		c.Safe = false
		assert.Contains(t, run(t, newRow(), c)["transient failure"], "the case says Safe: false: sent 3 requests, want 1")
	})
	t.Run("a result with the error", func(t *testing.T) {
		t.Parallel()
		m := newMethod()
		c := newCase(m)
		c.Call = func(ctx context.Context, api *wecom.Client) (any, error) {
			_, err := m.call(ctx, api)
			return new(thing), err
		}
		assert.Contains(t, run(t, newRow(), c)["errcode"], "the method returned a result with the error")
	})
	t.Run("neither result nor error", func(t *testing.T) {
		t.Parallel()
		m := newMethod()
		c := newCase(m)
		c.Call = func(ctx context.Context, api *wecom.Client) (any, error) {
			_, err := m.call(ctx, api)
			return (*thing)(nil), err
		}
		assert.Contains(t, run(t, newRow(), c)["result"], "neither a result nor an error")
	})
	t.Run("no result where the row has one", func(t *testing.T) {
		t.Parallel()
		m := newMethod()
		c := newCase(m)
		c.Call = func(ctx context.Context, api *wecom.Client) (any, error) {
			_, err := m.call(ctx, api)
			return nil, err
		}
		assert.Contains(t, run(t, newRow(), c)["result"], "result.id is lost")
	})
	t.Run("a refusal that ends a token repeated", func(t *testing.T) {
		t.Parallel()
		m := newMethod()
		m.source = Tokens(Contact)
		c := newCase(m)
		c.Token = Contact
		assert.Contains(t, run(t, newRow(), c)["token refused"], "the method returned no error")
	})
	t.Run("a generated field missing", func(t *testing.T) {
		t.Parallel()
		c := newCase(newMethod())
		c.Generated = []string{"nonce"}
		assert.Equal(t, "the body lacks nonce", run(t, newRow(), c)["request"])
	})
}

// TestBodyWhereTheRowHasNone checks a method without a body, and one with.
func TestBodyWhereTheRowHasNone(t *testing.T) {
	t.Parallel()
	row := newRow()
	row.Body, row.ExampleBody = nil, ""
	m := newMethod()
	assert.Equal(t, `the body is {"id":"a"}, want none`, run(t, row, newCase(m))["request"])
	m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
		call.Body = nil
		return api.Do(ctx, call, result)
	}
	assert.Empty(t, run(t, row, newCase(m)))
}

// TestEveryTypeIsSampled: a field that the example lacks is sent as its type
// demands, and missed where the result has no place for it.
func TestEveryTypeIsSampled(t *testing.T) {
	t.Parallel()
	inner := []contract.Field{{Name: "inner", Type: "bool"}}
	for name, c := range map[string]struct {
		field  contract.Field
		result func() any
	}{
		"bool":  {contract.Field{Type: "bool"}, withMore[bool]},
		"float": {contract.Field{Type: "float64"}, withMore[float64]},
		"list":  {contract.Field{Type: "array<string>"}, withMore[[]string]},
		"object": {contract.Field{Type: "object", Fields: inner}, withMore[struct {
			Inner bool `json:"inner"`
		}]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row, m := newRow(), newMethod()
			c.field.Name = "more"
			row.Result = append(row.Result, c.field)
			assert.Equal(t, map[string]string{"result with every field": "result.more is lost"}, run(t, row, newCase(m)))
			m.result = c.result
			assert.Empty(t, run(t, row, newCase(m)))
		})
	}
}

// withMore returns a result that has the field more.
func withMore[T any]() any {
	return new(struct {
		thing
		More T `json:"more"`
	})
}

// TestRun checks a method of the real table.
func TestRun(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	t.Cleanup(func() {
		assert.GreaterOrEqual(t, int(calls.Load()), len(checks)-1, "each check calls, but for that of the other forms: the row has none")
	})
	Run(t, []Case{{ID: "provider.get_provider_token", Safe: true, Call: func(ctx context.Context, api *wecom.Client) (any, error) {
		calls.Add(1)
		return wecom.Invoke[struct {
			Token     wecom.Secret `json:"provider_access_token"`
			ExpiresIn int          `json:"expires_in"`
		}](ctx, api, wecom.Call{
			Path: "/cgi-bin/service/get_provider_token",
			Body: map[string]string{"corpid": "xxxxx", "provider_secret": "xxx"}, Safe: true,
		})
	}}})
}

func TestCasesThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(c *Case)
		want string
	}{
		"query":   {func(c *Case) { c.Query = nil }, "apitest: x.get: Case.Query lacks mode, which the row requires"},
		"example": {func(c *Case) { c.Example = "nonsense" }, `apitest: x.get: the row has no example "nonsense"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := newCase(newMethod())
			c.edit(&given)
			_, err := newSubject(given, newRow())
			assert.EqualError(t, err, c.want)
		})
	}
	row := newRow()
	row.Credential, row.CredentialParam = "none", ""
	_, err := newSubject(Case{ID: "x.get", Token: Corp}, row)
	assert.EqualError(t, err, `apitest: x.get: token "corp" for the credential none`)
}

// TestUpload checks a method that sends a file, and how faults of one are found.
func TestUpload(t *testing.T) {
	t.Parallel()
	row := newRow()
	row.ContentType, row.ExampleBody = "multipart/form-data", ""
	row.Body = []contract.Field{{Name: "media", Type: "file", Required: true}}
	upload := func(name, text string) Case {
		m := newMethod()
		m.safe = false
		m.do = func(ctx context.Context, api *wecom.Client, call wecom.Call, result any) error {
			call.Body = nil
			call.File = &wecom.File{Name: name, Size: int64(len(text)), Reader: strings.NewReader(text)}
			return api.Do(ctx, call, result)
		}
		c := newCase(m)
		c.Safe = false
		return c
	}
	assert.Empty(t, run(t, row, upload(FileName, FileText)))
	assert.Contains(t, run(t, row, upload("other.txt", FileText))["request"], "filename:other.txt")
	assert.Contains(t, run(t, row, upload(FileName, "another"))["request"], `with "another"`)
	plain := newCase(newMethod())
	assert.Contains(t, run(t, row, plain)["request"], `the body has the content type "application/json`)
}

// TestDownload checks a method whose result is a file.
func TestDownload(t *testing.T) {
	t.Parallel()
	row := newRow()
	row.ExampleResponse = "HTTP/1.1 200 OK\nContent-Type: image/jpeg\n\n(binary)\n"
	m := newMethod()
	m.result = func() any { return new(wecom.RawReply) }
	assert.Empty(t, run(t, row, newCase(m)))
	m.result = func() any { return new(thing) }
	assert.Contains(t, run(t, row, newCase(m))["request"], "not JSON")
	assert.False(t, holdsBytes(reflect.ValueOf(&wecom.RawReply{Body: []byte("other")}), []byte(FileText)))
	assert.True(t, holdsBytes(reflect.ValueOf(strings.NewReader(FileText)), []byte(FileText)))
}

func TestEncode(t *testing.T) {
	t.Parallel()
	type inner struct {
		A int `json:"a"`
	}
	type all struct {
		inner
		Name     hiddenName        `json:"name"`
		Secret   wecom.Secret      `json:"secret"`
		Code     wecom.AuthCode    `json:"code"`
		None     wecom.Secret      `json:"none,omitzero"`
		Empty    []int             `json:"empty,omitempty"`
		Nil      []int             `json:"nil"`
		Pointer  *inner            `json:"pointer"`
		Number   json.Number       `json:"number"`
		Float    float64           `json:"float"`
		Unsigned uint32            `json:"unsigned"`
		Bytes    []byte            `json:"bytes"`
		Raw      json.RawMessage   `json:"raw"`
		Quoted   int64             `json:"quoted,string"`
		Map      map[string]inner  `json:"map"`
		Any      any               `json:"any"`
		Left     string            `json:"-"`
		Strings  map[string]string `json:"strings,omitzero"`
		unseen   int
	}
	got, err := encode(reflect.ValueOf(&all{
		inner: inner{1}, Name: "n", Secret: wecom.NewSecret("s"), Code: "c", Pointer: &inner{2}, Number: "1.50",
		Float: 0.5, Unsigned: 7, Bytes: []byte("x"), Raw: json.RawMessage(`{"r":1}`), Quoted: 9,
		Map: map[string]inner{"k": {3}}, Any: true, Left: "left", unseen: 1,
	}))
	require.NoError(t, err)
	want, err := decode([]byte(`{"a":1,"name":"n","secret":"s","code":"c","nil":null,"pointer":{"a":2},"number":1.50,"float":0.5,
		"unsigned":7,"bytes":"eA==","raw":{"r":1},"quoted":"9","map":{"k":{"a":3}},"any":true}`))
	require.NoError(t, err)
	assert.Equal(t, want, got)

	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"no tag": {struct{ A int }{}, "A has no json tag"},
		"a channel": {struct {
			C chan int `json:"c"`
		}{}, "c: a chan int cannot be encoded"},
		"hides itself": {struct {
			V masked `json:"v"`
		}{}, "v: a apitest.masked hides itself"},
	} {
		_, err := encode(reflect.ValueOf(c.value))
		assert.ErrorContains(t, err, c.want, name)
	}
}

// masked hides itself and is no string, so that nothing can be seen of it.
type masked struct{}

func (masked) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

func TestDifferences(t *testing.T) {
	t.Parallel()
	diff := func(want, got string, spare bool) []string {
		w, err := decode([]byte(want))
		require.NoError(t, err)
		g, err := decode([]byte(got))
		require.NoError(t, err)
		return differences("x", w, g, spare)
	}
	assert.Empty(t, diff(`{"a":1,"b":[{"c":null}]}`, `{"b":[{"c":null}],"a":1.0}`, false))
	assert.Empty(t, diff(`{}`, `{"a":0,"b":"","c":false,"d":null,"e":[],"f":{"g":0}}`, true))
	assert.Equal(t, []string{"x.a is not in the example: 0"}, diff(`{}`, `{"a":0}`, false))
	assert.Equal(t, []string{"x.f is not in the example: map[g:1]"}, diff(`{}`, `{"f":{"g":1}}`, true))
	assert.Equal(t, []string{"x.a is lost"}, diff(`{"a":0}`, `{}`, true))
	assert.Equal(t, []string{`x.a is "1", want 1`}, diff(`{"a":1}`, `{"a":"1"}`, true))
	assert.Equal(t, []string{`x.a is [1], want [1,2]`}, diff(`{"a":[1,2]}`, `{"a":[1]}`, true))
	assert.Equal(t, []string{`x.a[1].b is lost`}, diff(`{"a":[{},{"b":1}]}`, `{"a":[{},{}]}`, true))
	assert.Equal(t, []string{`x.a is null, want {}`}, diff(`{"a":{}}`, `{"a":null}`, true))
	assert.Equal(t, []string{`x.a is 9007199254740993, want 9007199254740992`}, diff(`{"a":9007199254740992}`, `{"a":9007199254740993}`, true))
}

// TestCheckNames: sub-tests are told apart by name.
func TestCheckNames(t *testing.T) {
	t.Parallel()
	var all []string
	for _, c := range checks {
		all = append(all, c.name)
	}
	slices.Sort(all)
	assert.Len(t, slices.Compact(slices.Clone(all)), len(all))
}

package agent_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/agent"
	"github.com/wecom-isv/wecom/suite"
)

const done = `{"errcode":0,"errmsg":"ok"}`

// What is left out stays as it is, so it must not be sent; what is off must be.
func TestEmptyIsNotAbsent(t *testing.T) {
	t.Parallel()
	for want, req := range map[string]agent.SetRequest{
		`{"agentid":1}`: {AgentID: 1},
		`{"agentid":1,"report_location_flag":0,"isreportenter":0,"redirect_domain":"","home_url":""}`: {
			AgentID: 1, ReportLocation: new(agent.Off), ReportEnter: new(agent.Off), RedirectDomain: new(""), HomeURL: new(""),
		},
	} {
		c, u := newClient(t, done)
		require.NoError(t, c.Set(t.Context(), req))
		assert.JSONEq(t, want, u.Requests()[0].Body)
	}
}

func TestVisibleRangeMayBeAbsent(t *testing.T) {
	t.Parallel()
	c, _ := newClient(t, `{"errcode":0,"agentid":7,"name":"n","allow_userinfos":{"user":[{"userid":"a"}]}}`)
	app, err := c.Get(t.Context(), 7)
	require.NoError(t, err)
	assert.Equal(t, "a", app.Users.Users[0].UserID)
	assert.Empty(t, app.Parties.IDs)
	assert.Empty(t, app.Tags.IDs)
}

func TestWorkbenchTemplateOfFigures(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, done)
	require.NoError(t, c.SetWorkbenchTemplate(t.Context(), agent.SetWorkbenchTemplateRequest{AgentID: 1, Panel: agent.Figures(agent.Figure{Data: "2"})}))
	// A template needs no content of its own.
	require.NoError(t, c.SetWorkbenchTemplate(t.Context(), agent.SetWorkbenchTemplateRequest{AgentID: 1, Panel: agent.Panel{Type: agent.PanelList}}))
	require.Len(t, u.Requests(), 2)
	assert.JSONEq(t, `{"agentid":1,"type":"keydata","keydata":{"items":[{"data":"2"}]}}`, u.Requests()[0].Body)
	assert.JSONEq(t, `{"agentid":1,"type":"list"}`, u.Requests()[1].Body)
}

func TestWorkbenchTemplateThatWasNeverSet(t *testing.T) {
	t.Parallel()
	for _, reply := range []string{done, `{"errcode":0,"type":""}`, `{"errcode":0,"type":"new_kind","new_kind":{}}`} {
		c, _ := newClient(t, reply)
		r, err := c.GetWorkbenchTemplate(t.Context(), 1)
		require.NoError(t, err)
		assert.Nil(t, r.KeyData)
		assert.Contains(t, []agent.PanelType{"", "new_kind"}, r.Type)
	}
}

// A menu that is there may have types that are not known here.
func TestMenuSurvives(t *testing.T) {
	t.Parallel()
	c, u := newClient(t, `{"errcode":0,"button":[{"type":"new_kind","name":"n","key":"k"}]}`, done)
	m, err := c.Menus().Get(t.Context(), 1)
	require.NoError(t, err)
	require.NoError(t, c.Menus().Create(t.Context(), 1, *m))
	assert.JSONEq(t, `{"button":[{"type":"new_kind","name":"n","key":"k"}]}`, u.Requests()[1].Body)
}

// Each request breaks one limit; none is sent, and the error names the field.
func TestLimits(t *testing.T) {
	t.Parallel()
	type call = func(ctx context.Context, c *agent.Client) error
	type testCase struct {
		field string
		call  call
	}
	set := func(edit func(r *agent.SetRequest)) call {
		return func(ctx context.Context, c *agent.Client) error {
			r := agent.SetRequest{AgentID: 1}
			edit(&r)
			return c.Set(ctx, r)
		}
	}
	menu := func(buttons ...agent.Button) call {
		return func(ctx context.Context, c *agent.Client) error {
			return c.Menus().Create(ctx, 1, agent.Menu{Buttons: buttons})
		}
	}
	click := agent.Button{Type: agent.ButtonClick, Name: "n", Key: "k"}
	head := func(buttons ...agent.Button) agent.Button { return agent.Button{Name: "n", SubButtons: buttons} }
	cases := []testCase{
		{"AgentID", set(func(r *agent.SetRequest) { r.AgentID = 0 })},
		{"Name", set(func(r *agent.SetRequest) { r.Name = strings.Repeat("字", 33) })},
		{"Description", set(func(r *agent.SetRequest) { r.Description = "三个字" })},
		{"Description", set(func(r *agent.SetRequest) { r.Description = strings.Repeat("字", 121) })},
		{"HomeURL", set(func(r *agent.SetRequest) { r.HomeURL = new("a.example") })},

		{"AgentID", func(ctx context.Context, c *agent.Client) error {
			return c.Menus().Create(ctx, 0, agent.Menu{Buttons: []agent.Button{click}})
		}},
		{"Buttons", menu()},
		{"Buttons", menu(click, click, click, click)},
		{"Buttons[1].Name", menu(click, agent.Button{Type: agent.ButtonClick, Key: "k"})},
		{"Buttons[0].Name", menu(agent.Button{Type: agent.ButtonClick, Name: "一二三四五六", Key: "k"})},
		{"Buttons[0].Type", menu(agent.Button{Name: "n"})},
		{"Buttons[0].Key", menu(agent.Button{Type: agent.ButtonClick, Name: "n", Key: strings.Repeat("k", 129)})},
		{"Buttons[0].URL", menu(agent.Button{Type: agent.ButtonView, Name: "n"})},
		{"Buttons[0].URL", menu(agent.Button{Type: agent.ButtonView, Name: "n", URL: "a.example"})},
		{"Buttons[0].URL", menu(agent.Button{Type: agent.ButtonView, Name: "n", URL: "http://" + strings.Repeat("a", 1024)})},
		{"Buttons[0].AppID", menu(agent.Button{Type: agent.ButtonMiniProgram, Name: "n", PagePath: "p"})},
		{"Buttons[0].PagePath", menu(agent.Button{Type: agent.ButtonMiniProgram, Name: "n", AppID: "a"})},
		{"Buttons[0].SubButtons", menu(agent.Button{Type: agent.ButtonClick, Name: "n", Key: "k", SubButtons: []agent.Button{click}})},
		{"Buttons[0].SubButtons", menu(head(slices.Repeat([]agent.Button{click}, 6)...))},
		{"Buttons[0].SubButtons[0].SubButtons", menu(head(agent.Button{Type: agent.ButtonClick, Name: "n", Key: "k", SubButtons: []agent.Button{click}}))},
		{"Buttons[0].SubButtons[0].Name", menu(head(agent.Button{Type: agent.ButtonClick, Name: strings.Repeat("x", 41), Key: "k"}))},
		{"Buttons[0].SubButtons[1].Type", menu(head(click, agent.Button{Name: "n"}))},

		{"UserID", func(ctx context.Context, c *agent.Client) error {
			return c.SetWorkbenchData(ctx, 1, "", exampleFigures())
		}},
		{"UserID", func(ctx context.Context, c *agent.Client) error {
			_, err := c.GetWorkbenchData(ctx, 1, "")
			return err
		}},
		{"UserIDs", func(ctx context.Context, c *agent.Client) error {
			return c.BatchSetWorkbenchData(ctx, 1, nil, exampleFigures())
		}},
		{"UserIDs", func(ctx context.Context, c *agent.Client) error {
			return c.BatchSetWorkbenchData(ctx, 1, strings.Split(strings.Repeat("u ", 1000), " "), exampleFigures())
		}},
		{"UserIDs[1]", func(ctx context.Context, c *agent.Client) error {
			return c.BatchSetWorkbenchData(ctx, 1, []string{"a", "a"}, exampleFigures())
		}},
		{"AgentID", func(ctx context.Context, c *agent.Client) error {
			return c.SetWorkbenchTemplate(ctx, agent.SetWorkbenchTemplateRequest{Panel: agent.Plain()})
		}},
		{"Panel.Type", func(ctx context.Context, c *agent.Client) error {
			return c.SetWorkbenchTemplate(ctx, agent.SetWorkbenchTemplateRequest{AgentID: 1})
		}},
	}
	for _, tc := range []struct {
		field string
		panel agent.Panel
	}{
		{"Panel.Type", agent.Plain()},
		{"Panel.Type", agent.Panel{Type: "table"}},
		{"Panel.KeyData", agent.Panel{Type: agent.PanelKeyData}},
		{"Panel.WebView", agent.Panel{Type: agent.PanelWebView}},
		{"Panel.Image", agent.Panel{Type: agent.PanelList, List: exampleLines().List, Image: &agent.Image{URL: "u"}}},
		{"Panel.KeyData.Items", agent.Figures()},
		{"Panel.KeyData.Items", agent.Figures(slices.Repeat([]agent.Figure{{Data: "1"}}, 5)...)},
		{"Panel.KeyData.Items[0].Key", agent.Figures(agent.Figure{Key: strings.Repeat("字", 65), Data: "1"})},
		{"Panel.KeyData.Items[0].Data", agent.Figures(agent.Figure{Key: "k"})},
		{"Panel.Image.URL", agent.Picture(agent.Image{})},
		{"Panel.List.Items", agent.Lines(slices.Repeat([]agent.Line{{Title: "t"}}, 4)...)},
		{"Panel.List.Items[0].Title", agent.Lines(agent.Line{Title: strings.Repeat("字", 43)})},
		{"Panel.WebView.URL", agent.Page(agent.WebView{})},
		{"Panel.WebView.Height", agent.Page(agent.WebView{URL: "u", Height: "high"})},
	} {
		cases = append(cases,
			testCase{tc.field, func(ctx context.Context, c *agent.Client) error { return c.SetWorkbenchData(ctx, 1, "a", tc.panel) }},
			testCase{tc.field, func(ctx context.Context, c *agent.Client) error {
				return c.BatchSetWorkbenchData(ctx, 1, []string{"a"}, tc.panel)
			}})
	}
	for _, tc := range cases {
		c, u := newClient(t, done)
		err := tc.call(t.Context(), c)
		fault, ok := errors.AsType[*agent.FieldError](err)
		require.True(t, ok, "%s: %v", tc.field, err)
		assert.Equal(t, tc.field, fault.Field, err)
		assert.Empty(t, u.Requests(), tc.field)
	}
	// The limits themselves are allowed.
	c, u := newClient(t, done)
	require.NoError(t, menu(click, click, head(slices.Repeat([]agent.Button{click}, 5)...))(t.Context(), c))
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = strings.Repeat("u", i+1)
	}
	require.NoError(t, c.BatchSetWorkbenchData(t.Context(), 1, ids, exampleFigures()))
	assert.Len(t, u.Requests(), 2)
}

// The credential is fixed: another kind of token is refused before it is sent.
func TestPain07_OtherCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	api, err := wecom.New()
	require.NoError(t, err)
	app, err := suite.New(api, suite.Config{ID: "ww1", Secret: "secret"})
	require.NoError(t, err)
	_, err = agent.New(app).List(t.Context())
	require.ErrorContains(t, err, "needs an access_token")
	require.ErrorContains(t, agent.New(nil).Menus().Delete(t.Context(), 1), "AccessToken is nil")
}

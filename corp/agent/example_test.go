package agent_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/agent"
	"github.com/wecom-isv/wecom/suite"
	"github.com/wecom-isv/wecom/wecomtest"
)

// installed is an app in a corp of the simulated platform. A program takes
// suite.Client.Corp and the agent id of the authorisation.
func installed(platform *wecomtest.Platform) (corp *suite.Corp, agentID int64) {
	ctx := context.Background()
	console := platform.NewApp(wecomtest.AppConfig{Name: "审批助手"})
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(platform.Transport()))
	if err != nil {
		panic(err)
	}
	app, err := suite.New(api, suite.Config{ID: console.ID, Secret: console.Secret})
	if err != nil {
		panic(err)
	}
	if err := app.SaveTicket(ctx, wecom.NewSecret(console.IssueTicket()), time.Now()); err != nil {
		panic(err)
	}
	acme := platform.NewCorp("Acme")
	acme.AddUser(wecomtest.User{ID: "zhangsan"})
	installation, err := acme.Install(ctx, console)
	if err != nil {
		panic(err)
	}
	auth, err := app.Authorize(ctx, wecom.AuthCode(installation.AuthCode))
	if err != nil {
		panic(err)
	}
	return auth.Corp, installation.AgentID
}

// The app shows each member on the workbench what waits for him.
func Example() {
	ctx := context.Background()
	platform, err := wecomtest.Start(wecomtest.WithoutServer())
	if err != nil {
		panic(err)
	}
	defer platform.Close()
	corp, agentID := installed(platform)

	a := agent.New(corp)
	app, err := a.Get(ctx, agentID)
	if err != nil {
		panic(err)
	}
	err = a.SetWorkbenchTemplate(ctx, agent.SetWorkbenchTemplateRequest{
		AgentID: agentID,
		Panel:   agent.Figures(agent.Figure{Key: "待审批", Data: "0"}), // for whom nothing else is set
	})
	if err != nil {
		panic(err)
	}
	panel := agent.Figures(agent.Figure{Key: "待审批", Data: "7", JumpURL: "https://app.example.com/waiting"})
	if err := a.SetWorkbenchData(ctx, agentID, "zhangsan", panel); err != nil {
		panic(err)
	}

	shown, err := a.GetWorkbenchData(ctx, agentID, "zhangsan")
	if err != nil {
		panic(err)
	}
	fmt.Println(app.Name, shown.Panel.KeyData.Items[0].Key, shown.Panel.KeyData.Items[0].Data)
	// Output: 审批助手 待审批 7
}

// What is outside the documented limits is refused before anything is sent.
func ExampleFieldError() {
	err := agent.New(nil).Menus().Create(context.Background(), 1000005, agent.Menu{Buttons: []agent.Button{
		{Name: "报表", SubButtons: []agent.Button{{Type: agent.ButtonView, Name: "今天"}}},
	}})
	if fault, ok := errors.AsType[*agent.FieldError](err); ok {
		fmt.Println(fault.Field, fault.Problem)
	}
	// Output: Buttons[0].SubButtons[0].URL is missing
}

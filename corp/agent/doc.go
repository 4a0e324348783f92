// Package agent reads and sets up an app in a corp (应用管理): its settings, its menu,
// and what it shows on the workbench (工作台自定义展示).
//
//	a := agent.New(app.Corp(corpID)) // cheap; make one whenever needed
//	settings, err := a.Get(ctx, agentID)
//
//	err = a.SetWorkbenchTemplate(ctx, agent.SetWorkbenchTemplateRequest{
//		AgentID: agentID,
//		Panel:   agent.Figures(agent.Figure{Key: "待审批", Data: "2"}),
//	})
//	err = a.SetWorkbenchData(ctx, agentID, "zhangsan", agent.Figures(agent.Figure{Key: "待审批", Data: "7"}))
//
// # Who may call
//
// Reading an app ([Client.Get], [Client.List]) and the workbench are open to
// third-party apps and to customised apps (代开发应用). Settings ([Client.Set]) and menus
// ([Menus]) of such apps are made in the provider's console: the calls are for a
// corp's own apps. Whether a customised app's token opens menus is not documented.
//
// # The workbench
//
// An administrator of the corp switches the panel on for the app
// (自定义展示). [Client.SetWorkbenchTemplate] then picks what kind of [Panel] all members
// see, [Client.SetWorkbenchData] and [Client.BatchSetWorkbenchData] fill it for some.
// An app has one kind at a time; [Plain] goes back to the icon. An older copy of the
// page says that third-party apps have the switch only in corps of education;
// whether that still holds is not known.
package agent

// Package register brings new corps to WeCom through a promotion package
// (推广包): it makes the link at which a corp registers, learns when it has, and
// fills its contacts.
//
//	reg := register.New(p)                                  // p: a provider.Client
//	link, err := reg.Start(ctx, register.GetRegisterCodeRequest{TemplateID: id, State: state})
//	// open link.URL in a new tab; the callback.RegisterCorp event follows
//
//	callback.On(&mux, func(ctx context.Context, _ callback.Envelope, ev callback.RegisterCorp) error {
//		contacts, err := reg.FromEvent(ev)                  // or FromInfo(reg.GetRegisterInfo(...))
//		if err != nil {
//			return err // the package does not migrate contacts
//		}
//		go migrate(contacts)                                // departments, users; then contacts.SetScope
//		return nil                                          // last: contacts.ContactSyncSuccess
//	})
//
// The contacts of the new corp stay locked until [Contacts.ContactSyncSuccess],
// and the token that may fill them lives 30 minutes and cannot be renewed.
//
// [Contacts.Migrate] does it all, and can be taken up again after a crash:
//
//	plan, err := register.NewPlan(register.PlanSource{
//		Departments: register.ReadDepartmentsCSV(file1), // or register.Items(list), or an iterator
//		Users:       register.ReadUsersCSV(file2),
//	})
//	report, err := contacts.Migrate(ctx, plan, register.MigrateConfig{Checkpoint: register.FileCheckpoint(path)})
//
// [Flow] is the pages of a registration, ready to serve: the button, the waiting
// layer that goes on by itself, and the events behind it, on many machines.
package register

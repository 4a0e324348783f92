// Package contact reads and writes the contacts of a corp (通讯录): departments,
// members, tags, imports of whole files, invitations.
//
//	c := contact.New(app.Corp(corpID)) // cheap; make one whenever needed
//	user, err := c.Users().Get(ctx, userID)
//	for member, err := range c.Users().AllIDs(ctx) { ... }
//
//	r, err := c.Users().Create(ctx, contact.CreateUserRequest{
//		UserID: "zhangsan", Name: "张三", Mobile: "13800000000", Department: []int64{2},
//		ToInvite: new(false), // otherwise WeCom invites the person
//	})
//
// # Who may call
//
// Whoever writes needs the contact write right (通讯录编辑权限): the contact token of a
// registration has it until contact_sync_success, a third-party contact app
// (通讯录应用), the corp's own contact-sync secret, and a provider that the corp has
// granted contact editing (96078). That last grant covers of this package only
// Create, Update, Delete, BatchDelete and ListID of members, Create, Update,
// Delete and SimpleList of departments, and the imports. Ordinary third-party apps
// and customised apps (代开发应用) read, within their visible range.
//
// # What a third party sees
//
// Ids in place of names: except for contact apps, the name of a member is the user
// id, the name of a department its id, and the user id is the encrypted one. Pages
// show names through the page component for contacts (通讯录展示组件).
//
// # Limits
//
// 30000 departments, 15 levels, 30000 nodes (departments and members) in a
// department, 3000 tags, 30000 members and departments in a tag. Create
// departments and their members one after the other, not at once: the platform
// asks for it.
//
// # Partial success
//
// Calls on many ids succeed for some: the error is then an [*ItemErrors] or a
// [*PartialError], and the response is there all the same.
package contact

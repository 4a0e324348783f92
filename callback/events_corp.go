package callback

// Kinds of the events that self-built apps (自建应用) alone receive, in app form.
const (
	KindAppChangeChainCreateChain   Kind = "app:event.change_chain.create_chain"
	KindAppChangeChainUpdateChain   Kind = "app:event.change_chain.update_chain"
	KindAppChangeChainDeleteChain   Kind = "app:event.change_chain.delete_chain"
	KindAppChangeChainCreateGroup   Kind = "app:event.change_chain.create_group"
	KindAppChangeChainUpdateGroup   Kind = "app:event.change_chain.update_group"
	KindAppChangeChainDeleteGroup   Kind = "app:event.change_chain.delete_group"
	KindAppChangeChainCorpJoin      Kind = "app:event.change_chain.corp_join"
	KindAppChangeChainUpdateCorp    Kind = "app:event.change_chain.update_corp"
	KindAppChangeChainRemoveCorp    Kind = "app:event.change_chain.remove_corp"
	KindAppSecurityChangeDomainIP   Kind = "app:event.security.change_domain_ip"
	KindAppSubmitVIPAccountApproval Kind = "app:event.submit_vip_account_approval"
	KindAppFinishVIPAccountApproval Kind = "app:event.finish_vip_account_approval"
)

// ChainData is what has changed in an up- and downstream (上下游).
type ChainData struct {
	ChainID  string   `xml:"ChainId"`          // the up- and downstream
	GroupIDs []int64  `xml:"GroupIds>GroupId"` // groups concerned; the events about groups only
	CorpIDs  []string `xml:"CorpIds>CorpId"`   // corps concerned; the events about corps only
}

// VIPFeature is an advanced feature (高级功能) that a member applies for.
type VIPFeature int

// Advanced features.
const (
	VIPMail     VIPFeature = 1 // mail (邮件)
	VIPDocument VIPFeature = 2 // documents (文档)
	VIPDrive    VIPFeature = 3 // drive (微盘)
	VIPMeeting  VIPFeature = 4 // meetings (会议)
)

// VIPFinish is how an application for an advanced feature ended.
type VIPFinish int

// Ends of an application.
const (
	VIPRefused   VIPFinish = 1 // refused by an administrator (管理员驳回)
	VIPGranted   VIPFinish = 2 // account given (高级账号分配)
	VIPWithdrawn VIPFinish = 3 // withdrawn by the member (成员删除申请)
)

// AppChangeChainCreateChain reports that an up- and downstream was made
// (新建上下游事件).
//
// Read it by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95796
type AppChangeChainCreateChain struct {
	AppEventHead
	ChainData
}

// Kind returns [KindAppChangeChainCreateChain].
func (AppChangeChainCreateChain) Kind() Kind { return KindAppChangeChainCreateChain }

// AppChangeChainUpdateChain reports that an up- and downstream has changed
// (更新上下游事件).
//
// Read it by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95796
type AppChangeChainUpdateChain struct {
	AppEventHead
	ChainData
}

// Kind returns [KindAppChangeChainUpdateChain].
func (AppChangeChainUpdateChain) Kind() Kind { return KindAppChangeChainUpdateChain }

// AppChangeChainDeleteChain reports that an up- and downstream was deleted
// (删除上下游事件).
//
// Delete it.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95796
type AppChangeChainDeleteChain struct {
	AppEventHead
	ChainData
}

// Kind returns [KindAppChangeChainDeleteChain].
func (AppChangeChainDeleteChain) Kind() Kind { return KindAppChangeChainDeleteChain }

// AppChangeChainCreateGroup reports that groups of an up- and downstream were
// made (新建上下游分组事件).
//
// Read it by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95796
type AppChangeChainCreateGroup struct {
	AppEventHead
	ChainData
}

// Kind returns [KindAppChangeChainCreateGroup].
func (AppChangeChainCreateGroup) Kind() Kind { return KindAppChangeChainCreateGroup }

// AppChangeChainUpdateGroup reports that groups of an up- and downstream have
// changed (更新上下游分组事件).
//
// Read it by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95796
type AppChangeChainUpdateGroup struct {
	AppEventHead
	ChainData
}

// Kind returns [KindAppChangeChainUpdateGroup].
func (AppChangeChainUpdateGroup) Kind() Kind { return KindAppChangeChainUpdateGroup }

// AppChangeChainDeleteGroup reports that groups of an up- and downstream were
// deleted (删除上下游分组事件).
//
// Delete them.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95796
type AppChangeChainDeleteGroup struct {
	AppEventHead
	ChainData
}

// Kind returns [KindAppChangeChainDeleteGroup].
func (AppChangeChainDeleteGroup) Kind() Kind { return KindAppChangeChainDeleteGroup }

// AppChangeChainCorpJoin reports that corps have joined an up- and downstream
// (企业加入上下游事件).
//
// Read it by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95796
type AppChangeChainCorpJoin struct {
	AppEventHead
	ChainData
}

// Kind returns [KindAppChangeChainCorpJoin].
func (AppChangeChainCorpJoin) Kind() Kind { return KindAppChangeChainCorpJoin }

// AppChangeChainUpdateCorp reports that corps of an up- and downstream have
// changed (更新上下游企业事件).
//
// Read it by API.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95796
type AppChangeChainUpdateCorp struct {
	AppEventHead
	ChainData
}

// Kind returns [KindAppChangeChainUpdateCorp].
func (AppChangeChainUpdateCorp) Kind() Kind { return KindAppChangeChainUpdateCorp }

// AppChangeChainRemoveCorp reports that corps were removed from an up- and
// downstream (移除上下游企业事件).
//
// Delete them.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95796
type AppChangeChainRemoveCorp struct {
	AppEventHead
	ChainData
}

// Kind returns [KindAppChangeChainRemoveCorp].
func (AppChangeChainRemoveCorp) Kind() Kind { return KindAppChangeChainRemoveCorp }

// AppSecurityChangeDomainIP reports that domains or addresses of the platform
// have changed (域名IP变更事件).
//
// Read the list of addresses again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/100080
type AppSecurityChangeDomainIP struct {
	AppEventHead
}

// Kind returns [KindAppSecurityChangeDomainIP].
func (AppSecurityChangeDomainIP) Kind() Kind { return KindAppSecurityChangeDomainIP }

// AppSubmitVIPAccountApproval reports that a member has applied for an advanced
// feature (成员申请的提交回调).
//
// Pass the application on to an administrator. The form of the event is known
// from other SDKs only.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99876
type AppSubmitVIPAccountApproval struct {
	AppEventHead
	ApplyReason  string     `xml:"ApplyReason"`  // why the member wants it
	BusinessType VIPFeature `xml:"BusinessType"` // the feature
	ApplyID      string     `xml:"ApplyId"`      // application
}

// Kind returns [KindAppSubmitVIPAccountApproval].
func (AppSubmitVIPAccountApproval) Kind() Kind { return KindAppSubmitVIPAccountApproval }

// AppFinishVIPAccountApproval reports that an application for an advanced
// feature has ended (成员申请的终止回调).
//
// Close the application. The form of the event is known from other SDKs only.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99877
type AppFinishVIPAccountApproval struct {
	AppEventHead
	FinishType VIPFinish `xml:"FinishType"` // how it ended
	ApplyID    string    `xml:"ApplyId"`    // application
}

// Kind returns [KindAppFinishVIPAccountApproval].
func (AppFinishVIPAccountApproval) Kind() Kind { return KindAppFinishVIPAccountApproval }

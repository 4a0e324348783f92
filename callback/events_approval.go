package callback

// Kinds of the events about approvals (审批), in app form.
const (
	KindAppOpenApprovalChange Kind = "app:event.open_approval_change"
	KindAppSysApprovalChange  Kind = "app:event.sys_approval_change"
)

// OpenApproval is an approval made through the open engine (自建审批流程引擎).
type OpenApproval struct {
	ThirdNo        string               `xml:"ThirdNo"`                    // number given by the developer
	OpenSpName     string               `xml:"OpenSpName"`                 // name of the template
	OpenTemplateID string               `xml:"OpenTemplateId"`             // template
	OpenSpStatus   OpenApprovalStatus   `xml:"OpenSpStatus"`               // state
	ApplyTime      UnixTime             `xml:"ApplyTime"`                  // when it was submitted
	ApplyUserName  string               `xml:"ApplyUserName"`              // name of the applicant
	ApplyUserID    string               `xml:"ApplyUserId"`                // the applicant
	ApplyUserParty string               `xml:"ApplyUserParty"`             // department of the applicant
	ApplyUserImage string               `xml:"ApplyUserImage"`             // avatar of the applicant
	ApprovalNodes  []OpenApprovalNode   `xml:"ApprovalNodes>ApprovalNode"` // steps
	NotifyNodes    []OpenApprovalNotice `xml:"NotifyNodes>NotifyNode"`     // who gets a copy (抄送)
	ApproverStep   int                  `xml:"ApproverStep"`               // index of the current step, from 0
}

// OpenApprovalStatus is the state of an [OpenApproval].
type OpenApprovalStatus int

// States of an [OpenApproval].
const (
	OpenApprovalPending   OpenApprovalStatus = 1 // pending (审批中)
	OpenApprovalPassed    OpenApprovalStatus = 2 // passed (已通过)
	OpenApprovalRefused   OpenApprovalStatus = 3 // refused (已驳回)
	OpenApprovalWithdrawn OpenApprovalStatus = 4 // withdrawn (已取消)
)

// OpenApprovalNode is a step of an [OpenApproval].
type OpenApprovalNode struct {
	NodeStatus DecisionStatus     `xml:"NodeStatus"` // state of the step
	NodeAttr   ApproverRule       `xml:"NodeAttr"`   // who must agree
	NodeType   OpenApproverSource `xml:"NodeType"`   // where the approvers come from
	Items      []OpenApprover     `xml:"Items>Item"` // the approvers
}

// DecisionStatus is the state of a step, or of one approver's decision.
type DecisionStatus int

// States of a decision.
const (
	DecisionPending     DecisionStatus = 1 // pending (审批中)
	DecisionPassed      DecisionStatus = 2 // agreed (已同意)
	DecisionRefused     DecisionStatus = 3 // refused (已驳回)
	DecisionTransferred DecisionStatus = 4 // passed on to another approver (已转审)
)

// ApproverRule is how many approvers of a step must agree.
type ApproverRule int

// Rules.
const (
	ApproverAny ApproverRule = 1 // one of them (或签)
	ApproverAll ApproverRule = 2 // all of them (会签)
)

// OpenApproverSource is where the approvers of a step come from.
type OpenApproverSource int

// Sources of approvers.
const (
	ApproversFixed  OpenApproverSource = 1 // fixed members (固定成员)
	ApproversTag    OpenApproverSource = 2 // members of a tag (标签)
	ApproversLeader OpenApproverSource = 3 // leaders (上级)
)

// OpenApprover is one approver of a step.
type OpenApprover struct {
	ItemName   string         `xml:"ItemName"`   // name
	ItemUserID string         `xml:"ItemUserid"` // the approver
	ItemParty  string         `xml:"ItemParty"`  // department
	ItemImage  string         `xml:"ItemImage"`  // avatar
	ItemStatus DecisionStatus `xml:"ItemStatus"` // decision
	ItemSpeech string         `xml:"ItemSpeech"` // comment
	ItemOpTime UnixTime       `xml:"ItemOpTime"` // when it was decided; zero if it was not
}

// OpenApprovalNotice is a member who gets a copy of an approval.
type OpenApprovalNotice struct {
	ItemName   string `xml:"ItemName"`   // name
	ItemUserID string `xml:"ItemUserid"` // the member
	ItemParty  string `xml:"ItemParty"`  // department
	ItemImage  string `xml:"ItemImage"`  // avatar
}

// Approval is an application of the approval app (审批应用).
type Approval struct {
	SpNo             string            `xml:"SpNo"`                 // number, digits only
	SpName           string            `xml:"SpName"`               // name of the template
	SpStatus         ApprovalStatus    `xml:"SpStatus"`             // state
	TemplateID       string            `xml:"TemplateId"`           // template
	ApplyTime        UnixTime          `xml:"ApplyTime"`            // when it was submitted
	ApplyerUserID    string            `xml:"Applyer>UserId"`       // the applicant
	ApplyerParty     string            `xml:"Applyer>Party"`        // department id of the applicant
	SpRecord         []ApprovalRecord  `xml:"SpRecord"`             // steps
	Notifyer         []ApprovalNotice  `xml:"Notifyer"`             // who gets a copy (抄送)
	NodeList         []ApprovalNode    `xml:"ProcessList>NodeList"` // steps in the newer form
	Comments         []ApprovalComment `xml:"Comments"`             // comments (备注)
	StatuChangeEvent ApprovalChange    `xml:"StatuChangeEvent"`     // what happened; WeCom spells it so
	SpNoStr          string            `xml:"SpNoStr"`              // number as text, newer
}

// ApprovalStatus is the state of an [Approval].
type ApprovalStatus int

// States of an [Approval].
const (
	ApprovalPending            ApprovalStatus = 1  // pending (审批中)
	ApprovalPassed             ApprovalStatus = 2  // passed (已通过)
	ApprovalRefused            ApprovalStatus = 3  // refused (已驳回)
	ApprovalWithdrawn          ApprovalStatus = 4  // withdrawn (已撤销)
	ApprovalWithdrawnAfterPass ApprovalStatus = 6  // withdrawn after it had passed (通过后撤销)
	ApprovalDeleted            ApprovalStatus = 7  // deleted (已删除)
	ApprovalPaid               ApprovalStatus = 10 // paid (已支付)
)

// ApprovalChange is what happened to an [Approval].
type ApprovalChange int

// Changes of an [Approval]; there may be others.
const (
	ApprovalChangeSubmit            ApprovalChange = 1  // submitted (提单)
	ApprovalChangeAgree             ApprovalChange = 2  // agreed (同意)
	ApprovalChangeRefuse            ApprovalChange = 3  // refused (驳回)
	ApprovalChangeTransfer          ApprovalChange = 4  // passed on (转审)
	ApprovalChangeUrge              ApprovalChange = 5  // urged (催办)
	ApprovalChangeWithdraw          ApprovalChange = 6  // withdrawn (撤销)
	ApprovalChangeWithdrawAfterPass ApprovalChange = 8  // withdrawn after it had passed (通过后撤销)
	ApprovalChangeComment           ApprovalChange = 10 // comment added (添加备注)
)

// ApprovalRecord is a step of an [Approval].
type ApprovalRecord struct {
	SpStatus     ApprovalStatus   `xml:"SpStatus"`     // state of the step
	ApproverAttr ApproverRule     `xml:"ApproverAttr"` // who must agree
	Details      []ApprovalDetail `xml:"Details"`      // the approvers
}

// ApprovalDetail is one approver of an [ApprovalRecord].
type ApprovalDetail struct {
	ApproverUserID string         `xml:"Approver>UserId"` // the approver
	Speech         string         `xml:"Speech"`          // comment
	SpStatus       ApprovalStatus `xml:"SpStatus"`        // decision
	SpTime         UnixTime       `xml:"SpTime"`          // when it was decided; zero if it was not
	Attach         []string       `xml:"Attach"`          // media ids of attachments
}

// ApprovalNotice is a member who gets a copy of an approval.
type ApprovalNotice struct {
	UserID string `xml:"UserId"` // the member
}

// ApprovalNode is a step of an [Approval] in the newer form.
type ApprovalNode struct {
	NodeType    ApprovalNodeType  `xml:"NodeType"`    // what its members do
	SpStatus    ApprovalStatus    `xml:"SpStatus"`    // state of the step
	ApvRel      ApproverOrder     `xml:"ApvRel"`      // who must agree
	SubNodeList []ApprovalSubNode `xml:"SubNodeList"` // its members
}

// ApprovalNodeType is what the members of an [ApprovalNode] do.
type ApprovalNodeType int

// Types of steps.
const (
	ApprovalNodeApprover ApprovalNodeType = 1 // approve (审批人)
	ApprovalNodeCopy     ApprovalNodeType = 2 // get a copy (抄送人)
	ApprovalNodeHandler  ApprovalNodeType = 3 // handle it (办理人)
)

// ApproverOrder is how the members of an [ApprovalNode] must agree.
type ApproverOrder int

// Orders.
const (
	ApproverOrderAll      ApproverOrder = 1 // all (会签)
	ApproverOrderAny      ApproverOrder = 2 // one of them (或签)
	ApproverOrderSequence ApproverOrder = 3 // all, one after the other (依次审批)
)

// ApprovalSubNode is one member of an [ApprovalNode].
type ApprovalSubNode struct {
	UserID   string         `xml:"UserInfo>UserId"` // the member
	Speech   string         `xml:"Speech"`          // comment
	SpYj     DecisionStatus `xml:"SpYj"`            // decision
	SpTime   UnixTime       `xml:"Sptime"`          // when it was decided; zero if it was not
	MediaIDs []string       `xml:"MediaIds"`        // media ids of attachments
}

// ApprovalComment is a comment on an [Approval].
type ApprovalComment struct {
	UserID         string   `xml:"CommentUserInfo>UserId"` // author
	CommentTime    UnixTime `xml:"CommentTime"`            // when
	CommentContent string   `xml:"CommentContent"`         // text
	CommentID      string   `xml:"CommentId"`              // comment id
}

// AppOpenApprovalChange reports that an approval made through the open engine
// has changed (审批状态通知事件).
//
// Update the approval by ThirdNo. Names differ in case between the pages of
// WeCom (ItemUserid, ItemUserId; ApproverStep, approverstep); all decode.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90269
type AppOpenApprovalChange struct {
	AppEventHead
	ApprovalInfo OpenApproval `xml:"ApprovalInfo"` // the approval
}

// Kind returns [KindAppOpenApprovalChange].
func (AppOpenApprovalChange) Kind() Kind { return KindAppOpenApprovalChange }

// AppSysApprovalChange reports that an application of the approval app has
// changed (审批申请状态变化回调通知).
//
// Read the approval by SpNo. Third-party apps get it on the command URL
// (指令回调URL), though in app form; customised (代开发) and self-built apps on
// their own URL. Unknown: the receiver it is encrypted for there; a [Handler]
// accepts any id of its Config, the suite id included.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92633
type AppSysApprovalChange struct {
	AppEventHead
	ApprovalInfo Approval `xml:"ApprovalInfo"` // the approval
}

// Kind returns [KindAppSysApprovalChange].
func (AppSysApprovalChange) Kind() Kind { return KindAppSysApprovalChange }

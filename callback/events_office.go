package callback

// Kinds of the events of live broadcasts (直播), meetings (会议), calendars and
// schedules (日历, 日程) and meeting rooms (会议室), in app form.
const (
	KindAppLivingStatusChange            Kind = "app:event.living_status_change"
	KindAppMeetingChangeModifyMeeting    Kind = "app:event.meeting_change.modify_meeting"
	KindAppMeetingChangeCancelMeeting    Kind = "app:event.meeting_change.cancel_meeting"
	KindAppMeetingStatisticsStartMeeting Kind = "app:event.meeting_statistics.start_meeting"
	KindAppModifyCalendar                Kind = "app:event.modify_calendar"
	KindAppDeleteCalendar                Kind = "app:event.delete_calendar"
	KindAppAddSchedule                   Kind = "app:event.add_schedule"
	KindAppModifySchedule                Kind = "app:event.modify_schedule"
	KindAppDeleteSchedule                Kind = "app:event.delete_schedule"
	KindAppRespondSchedule               Kind = "app:event.respond_schedule"
	KindAppBookMeetingRoom               Kind = "app:event.book_meeting_room"
	KindAppCancelMeetingRoom             Kind = "app:event.cancel_meeting_room"
)

// LivingStatus is the state of a live broadcast.
type LivingStatus int

// States of a live broadcast.
const (
	LivingBooked    LivingStatus = 0 // booked (预约中)
	LivingOn        LivingStatus = 1 // on air (直播中)
	LivingEnded     LivingStatus = 2 // ended (已结束)
	LivingExpired   LivingStatus = 3 // expired (已过期)
	LivingCancelled LivingStatus = 4 // cancelled (已取消)
)

// MeetingData is what the events of a meeting tell, all of them together:
// third-party and customised (代开发) apps get MeetingID only. Self-built apps get
// some thirty further events, from meeting_start to meeting_room_response, that
// this package has no types for; embed [AppEventHead] and MeetingData in a type
// of your own to receive one.
type MeetingData struct {
	MeetingID          string               `xml:"MeetingId"`                 // meeting
	FromUserTmpOpenID  string               `xml:"FromUserTmpOpenId"`         // temporary id of who did it
	OperatedUser       MeetingUser          `xml:"OperatedUser"`              // who it was done to
	EnrollID           string               `xml:"EnrollId"`                  // enrolment; enroll, cancel_enroll
	AllUploadStatus    bool                 `xml:"AllUploadStatus,omitempty"` // all uploads succeeded; medium_upload
	UploadInfo         []MeetingUpload      `xml:"UploadInfo"`                // uploads; medium_upload
	WarmUpInfo         WebinarWarmUp        `xml:"WarmUpInfo"`                // webinar_warm_up_upload
	MeetingRoomID      string               `xml:"MeetingRoomId"`             // room called; meeting_room_response
	MraAddress         MeetingRoomConnector `xml:"MraAddress"`                // connector called, if not a room; meeting_room_response
	RoomResponseStatus MeetingRoomResponse  `xml:"RoomResponseStatus"`        // answer; meeting_room_response
}

// MeetingUser is a participant of a meeting.
type MeetingUser struct {
	UserID    string `xml:"UserId"`    // the member, if of the corp
	TmpOpenID string `xml:"TmpOpenId"` // temporary id in the meeting
	UserRole  int    `xml:"UserRole"`  // role
}

// MeetingUpload is the outcome of one upload.
type MeetingUpload struct {
	MediumURL    string `xml:"MediumUrl"`    // address
	MediumType   int    `xml:"MediumType"`   // 1 video, 2 picture, 3 file
	UploadStatus int    `xml:"UploadStatus"` // 1 success, 0 failure
	ErrorMsg     string `xml:"ErrorMsg"`     // why it failed
}

// WebinarWarmUp is the outcome of the upload of what a webinar shows before it
// begins (暖场).
type WebinarWarmUp struct {
	WarmUpPicture string `xml:"WarmUpPicture"` // address of the picture
	WarmUpVideo   string `xml:"WarmUpVideo"`   // address of the video
	UploadStatus  int    `xml:"UploadStatus"`  // 1 success, 0 failure
	ErrorMsg      string `xml:"ErrorMsg"`      // why it failed
}

// MeetingRoomConnector is a room system that joins by SIP or H.323 (MRA).
type MeetingRoomConnector struct {
	Protocol   int    `xml:"Protocol"`   // 1 SIP, 2 H.323
	DialString string `xml:"DialString"` // address
}

// MeetingRoomResponse is the answer of a room that was called.
type MeetingRoomResponse string

// Answers of a room.
const (
	MeetingRoomNoAnswer  MeetingRoomResponse = "0" // none
	MeetingRoomJoining   MeetingRoomResponse = "2" // joining
	MeetingRoomRefused   MeetingRoomResponse = "3" // refused
	MeetingRoomCancelled MeetingRoomResponse = "5" // the call was cancelled
)

// MeetingStart is how the start of a meeting went.
type MeetingStart int

// Outcomes.
const (
	MeetingStarted     MeetingStart = 1 // success
	MeetingStartFailed MeetingStart = 2 // failure
)

// Schedule names a schedule and its calendar.
type Schedule struct {
	CalID      string `xml:"CalId"`      // calendar
	ScheduleID string `xml:"ScheduleId"` // schedule
}

// RoomBooking names the booking of a meeting room.
type RoomBooking struct {
	MeetingRoomID int64  `xml:"MeetingRoomId"` // room
	MeetingID     string `xml:"MeetingId"`     // meeting
}

// AppLivingStatusChange reports that the state of a live broadcast has changed
// (直播回调事件); only for those created by API.
//
// Update the broadcast.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/94308
type AppLivingStatusChange struct {
	AppEventHead
	LivingID string       `xml:"LivingId"` // broadcast
	Status   LivingStatus `xml:"Status"`   // state
}

// Kind returns [KindAppLivingStatusChange].
func (AppLivingStatusChange) Kind() Kind { return KindAppLivingStatusChange }

// AppMeetingChangeModifyMeeting reports that a meeting has changed (修改会议事件).
//
// Read the meeting again.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97451
type AppMeetingChangeModifyMeeting struct {
	AppEventHead
	MeetingData
}

// Kind returns [KindAppMeetingChangeModifyMeeting].
func (AppMeetingChangeModifyMeeting) Kind() Kind { return KindAppMeetingChangeModifyMeeting }

// AppMeetingChangeCancelMeeting reports that a meeting was cancelled
// (取消会议事件).
//
// Mark the meeting as cancelled.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97451
type AppMeetingChangeCancelMeeting struct {
	AppEventHead
	MeetingID string `xml:"MeetingId"` // meeting
}

// Kind returns [KindAppMeetingChangeCancelMeeting].
func (AppMeetingChangeCancelMeeting) Kind() Kind { return KindAppMeetingChangeCancelMeeting }

// AppMeetingStatisticsStartMeeting reports that a member has started a meeting
// (会议发起事件); self-built apps only.
//
// Count it.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/99648
type AppMeetingStatisticsStartMeeting struct {
	AppEventHead
	Status MeetingStart `xml:"Status"` // how it went
}

// Kind returns [KindAppMeetingStatisticsStartMeeting].
func (AppMeetingStatisticsStartMeeting) Kind() Kind { return KindAppMeetingStatisticsStartMeeting }

// AppModifyCalendar reports that a calendar has changed (修改日历事件).
//
// Read the calendar again. Only calendars and schedules created by API are
// reported. Third-party apps get it on the command URL (指令回调URL),
// customised (代开发) and self-built apps on their own URL.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97808
type AppModifyCalendar struct {
	AppEventHead
	CalID string `xml:"CalId"` // calendar
}

// Kind returns [KindAppModifyCalendar].
func (AppModifyCalendar) Kind() Kind { return KindAppModifyCalendar }

// AppDeleteCalendar reports that a calendar was deleted (删除日历事件).
//
// Delete it. Only calendars and schedules created by API are reported. Third-party
// apps get it on the command URL (指令回调URL), customised (代开发) and self-built
// apps on their own URL.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97806
type AppDeleteCalendar struct {
	AppEventHead
	CalID string `xml:"CalId"` // calendar
}

// Kind returns [KindAppDeleteCalendar].
func (AppDeleteCalendar) Kind() Kind { return KindAppDeleteCalendar }

// AppAddSchedule reports that a schedule was added (新增日程事件).
//
// Read the schedule. Only calendars and schedules created by API are reported.
// Third-party apps get it on the command URL (指令回调URL), customised (代开发) and
// self-built apps on their own URL.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/93704
type AppAddSchedule struct {
	AppEventHead
	Schedule
}

// Kind returns [KindAppAddSchedule].
func (AppAddSchedule) Kind() Kind { return KindAppAddSchedule }

// AppModifySchedule reports that a schedule has changed (修改日程事件).
//
// Read the schedule again. Only calendars and schedules created by API are
// reported. Third-party apps get it on the command URL (指令回调URL),
// customised (代开发) and self-built apps on their own URL.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97809
type AppModifySchedule struct {
	AppEventHead
	Schedule
}

// Kind returns [KindAppModifySchedule].
func (AppModifySchedule) Kind() Kind { return KindAppModifySchedule }

// AppDeleteSchedule reports that a schedule was deleted (删除日程事件).
//
// Delete it. Only calendars and schedules created by API are reported. Third-party
// apps get it on the command URL (指令回调URL), customised (代开发) and self-built
// apps on their own URL.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/97810
type AppDeleteSchedule struct {
	AppEventHead
	Schedule
}

// Kind returns [KindAppDeleteSchedule].
func (AppDeleteSchedule) Kind() Kind { return KindAppDeleteSchedule }

// AppRespondSchedule reports that a participant has answered the invitation to
// a schedule (日程回执事件).
//
// Read the schedule again. Third-party apps get it on the command URL
// (指令回调URL), customised (代开发) and self-built apps on their own URL.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98099
type AppRespondSchedule struct {
	AppEventHead
	Schedule
}

// Kind returns [KindAppRespondSchedule].
func (AppRespondSchedule) Kind() Kind { return KindAppRespondSchedule }

// AppBookMeetingRoom reports that a meeting room was booked (会议室预定事件).
//
// Read the booking.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95333
type AppBookMeetingRoom struct {
	AppEventHead
	RoomBooking
}

// Kind returns [KindAppBookMeetingRoom].
func (AppBookMeetingRoom) Kind() Kind { return KindAppBookMeetingRoom }

// AppCancelMeetingRoom reports that the booking of a meeting room was cancelled
// (会议室取消事件).
//
// Remove the booking. One official sample of this event has Event
// book_meeting_room, so it may arrive as [AppBookMeetingRoom]: read the
// booking when in doubt.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/95333
type AppCancelMeetingRoom struct {
	AppEventHead
	RoomBooking
}

// Kind returns [KindAppCancelMeetingRoom].
func (AppCancelMeetingRoom) Kind() Kind { return KindAppCancelMeetingRoom }

// Package media uploads and downloads the files of an app in a corp (素材管理).
//
//	m := media.New(app.Corp(corpID)) // cheap; make one whenever needed
//	r, err := m.Upload(ctx, media.File, wecom.File{Name: "报告.pdf", Size: size, Reader: f})
//	send(r.MediaID) // for 3 days, by every app of the corp
//
//	stream, err := m.Get(ctx, mediaID) // as it arrives
//	defer stream.Close()
//	io.Copy(w, stream)
//
//	d, err := m.Download(ctx, mediaID, w) // any size, in pieces, goes on after a break
//
// Nothing holds a file in memory. A refused download, which arrives as JSON in
// place of the file, is a [wecom.Error] like any other.
//
// All calls are open to third-party apps and to customised apps (代开发应用).
//
// # Which id for what
//
// The ids of [Client.Upload], [Client.UploadAttachment] and [Client.UploadByURL] serve
// different calls and do not stand in for each other: Upload is for messages,
// UploadAttachment for customer moments (客户朋友圈) and the product album (商品图册),
// UploadByURL for the material of group welcome messages (入群欢迎语素材). None of them is
// valid longer than 3 days. [Client.UploadImg] returns an address that never
// expires and shows its picture only inside WeCom.
package media

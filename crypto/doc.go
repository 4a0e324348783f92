// Package crypto seals and opens the messages that WeCom (企业微信) pushes to
// callback URLs (回调消息加解密): the signature, the AES cipher, the layout of the
// plaintext, the check of the receiver and the XML or JSON envelope around it.
// It does no I/O, knows nothing of HTTP and reads no event.
//
// Package callback puts it behind an [net/http.Handler]; use this package
// directly only where that one does not fit. Opening one callback:
//
//	codec, err := crypto.New(token, encodingAESKey)         // one per callback URL, kept
//	receivers, err := crypto.NewReceivers(suiteID, corpID)  // who the message may be for
//
//	env, err := crypto.ParseEnvelope(body)                  // POST; on GET take echostr instead
//	msg, err := codec.Open(buf[:0], crypto.Sealed{
//		Signature: query.Get("msg_signature"),
//		Timestamp: query.Get("timestamp"),
//		Nonce:     query.Get("nonce"),
//		Encrypt:   env.Encrypt,
//	}, receivers)
//	// msg.Body is the event, msg.Receiver the id that was sealed in with it.
//
// Nothing outside the cipher text is protected: the signature covers neither the
// URL nor ToUserName and AgentID of the envelope. Use these to choose a key, and
// take every identity from the opened message.
//
// Every failure is one of the Err values and comes before any use of what was
// not checked. No error holds a token, a key, a signature or decrypted text.
//
// The codes of the official libraries (-40001 and on) are given by [OfficialCode].
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/90968
package crypto

package crypto_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/wecom-isv/wecom/crypto"
)

// The Token and EncodingAESKey of the official sample.
const (
	token          = "QDG6eK"
	encodingAESKey = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
)

// The verification of a URL: echostr is opened, and its text is the answer.
func ExampleCodec_Open() {
	codec, err := crypto.New(token, encodingAESKey)
	if err != nil {
		log.Fatal(err)
	}
	receivers, err := crypto.NewReceivers("wx5823bf96d3bd56c7")
	if err != nil {
		log.Fatal(err)
	}
	msg, err := codec.Open(nil, crypto.Sealed{
		Signature: "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", // msg_signature
		Timestamp: "1409659589",
		Nonce:     "263014780",
		Encrypt:   []byte("P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="), // echostr
	}, receivers)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", msg.Body)
	// Output: 1616140317555161061
}

// A message for another id is refused, and the error says for whom it was.
func ExampleReceivers() {
	codec, err := crypto.New(token, encodingAESKey)
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := codec.Seal([]byte("<xml></xml>"), "ww9999999999999999", "1700000000", "1234567890")
	if err != nil {
		log.Fatal(err)
	}
	receivers, err := crypto.NewReceivers("dk0000000000000000")
	if err != nil {
		log.Fatal(err)
	}
	_, err = codec.Open(nil, sealed, receivers)
	fmt.Println(errors.Is(err, crypto.ErrReceiver), crypto.OfficialCode(err))
	fmt.Println(err)

	known := map[string]bool{"ww9999999999999999": true} // the corps that have authorised the app
	_, err = codec.Open(nil, sealed, receivers.WithResolver(func(id string) bool { return known[id] }))
	fmt.Println(err)
	// Output:
	// true -40005
	// crypto: message is for another receiver: got "ww9999999999999999" (corp or suite id), allowed: "dk0000000000000000" (customised-app template id)
	// <nil>
}

// A passive reply: sealed for the receiver of the message it answers.
func ExampleCodec_Seal() {
	codec, err := crypto.New(token, encodingAESKey)
	if err != nil {
		log.Fatal(err)
	}
	reply, err := codec.Seal([]byte("<xml><MsgType>text</MsgType></xml>"), "wx5823bf96d3bd56c7", "1409659813", "1372623149")
	if err != nil {
		log.Fatal(err)
	}
	body := reply.AppendXML(nil) // what is written to WeCom

	fmt.Printf("%s\n", body[:23])
	fmt.Printf("%s\n", body[len(body)-76:])
	fmt.Println(codec.Verify(reply))
	// Output:
	// <xml><Encrypt><![CDATA[
	// <TimeStamp>1409659813</TimeStamp><Nonce><![CDATA[1372623149]]></Nonce></xml>
	// <nil>
}

func ExampleParseEnvelope() {
	env, err := crypto.ParseEnvelope([]byte(`<xml>
   <ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName>
   <AgentID><![CDATA[218]]></AgentID>
   <Encrypt><![CDATA[RypEvHKD8QQKFhvQ6QleEA==]]></Encrypt>
</xml>`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %s %s\n", env.ToUserName, env.AgentID, env.Encrypt)
	// Output: wx5823bf96d3bd56c7 218 RypEvHKD8QQKFhvQ6QleEA==
}

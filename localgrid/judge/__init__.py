"""What SendGrid refuses, and with which words: one file a part of the request; message.judge() asks all."""

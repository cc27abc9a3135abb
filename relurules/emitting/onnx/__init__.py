"""Rules as an ONNX model, in double."""

print("generate-operations")

"""What a stack costs a month: its resources, each with the product of AWS's price list that it is billed by."""

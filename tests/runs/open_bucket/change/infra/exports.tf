resource "aws_s3_bucket" "exports" {
  bucket = "shop-exports"
  acl    = "public-read"
}

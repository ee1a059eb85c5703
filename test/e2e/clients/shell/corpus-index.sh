# Answers questions about the corpus from its index.
[ -s "$corpus/INDEX.tsv" ] || {
  echo "no corpus in $corpus; make one with make-corpus.sh"
  exit 2
}

# digest_of NAME [TAG]: the digest of the top manifest.
digest_of() {
  awk -F'\t' -v name="$1" -v tag="${2:-}" '$1 == name && (tag == "" || $3 ~ ":" tag "$") { print $4; exit }' "$corpus/INDEX.tsv"
}

large=app tag=1.0
[ -z "${FAST:-}" ] || large=vuln
large_digest=$(digest_of "$large" "$tag")

# What clients here cannot push themselves, or what is refused by intent.
not_pushed=" nested-index sha512-config debian-v2s1 "

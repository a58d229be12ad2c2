"""What OpenSearch does for Teraslice's lists: Lucene filters, sorting and source filtering, over plain documents."""

namespace XrdCt.Live.Ingest.Files;

/// <summary>Number formats of image files.</summary>
internal enum NumberFormat
{
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    UInt64,
    Int64,
    Single,
    Double,
}

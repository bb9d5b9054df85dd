namespace XrdCt.Live.Ingest.Recording;

/// <summary>Where and why a recording cannot be read further.</summary>
/// <param name="Offset_bytes">Byte of the file where the record begins that is not whole.</param>
/// <param name="Record">Number of that record, from 0; as many before it are whole.</param>
/// <param name="Reason">What is wrong: a fragment of a sentence.</param>
public sealed record RecordingDamage(long Offset_bytes, long Record, string Reason)
{
    /// <summary>The whole, for people: <c>byte 1234, record 7: the parts do not have their checksum</c>.</summary>
    public override string ToString() => $"byte {Offset_bytes}, record {Record}: {Reason}";
}

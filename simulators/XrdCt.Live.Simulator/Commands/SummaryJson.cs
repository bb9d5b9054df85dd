using System.Text.Json.Serialization;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>JSON form of the summary, generated at build time.</summary>
[JsonSerializable(typeof(ScanSummary))]
internal sealed partial class SummaryJson : JsonSerializerContext;

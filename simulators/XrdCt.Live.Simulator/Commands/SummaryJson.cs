using System.Text.Json.Serialization;
using XrdCt.Live.Simulator.Streaming;

namespace XrdCt.Live.Simulator.Commands;

/// <summary>JSON form of the summaries, generated at build time.</summary>
[JsonSerializable(typeof(SeriesSummary))]
[JsonSerializable(typeof(SeriesSummary[]))]
[JsonSerializable(typeof(DetectorSummary))]
internal sealed partial class SummaryJson : JsonSerializerContext;

using System.Text.Json;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Geometry;

namespace XrdCt.Live.Server.Configuration;

/// <summary>Where the calibration of the detector stands: in a PONI file, or in a JSON file as one of its values.</summary>
/// <param name="Name">Path of the PONI file, or what messages call the value.</param>
internal sealed record Calibration(string Name)
{
    /// <summary>The calibration itself, where it stands in a JSON file.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>Folder that paths in <see cref="Value"/> are relative to.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Size of the frames, for a detector that does not say its own; null where nobody knows.</summary>
    public ImageShape? FrameShape { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="readDetector">Reads pyFAI's HDF5 description of a detector.</param>
    /// <exception cref="FormatException">It is no calibration; the message says why.</exception>
    public DetectorGeometry Read(Func<string, NexusDetector> readDetector) => Value is JsonElement value
        ? PoniFile.Parse(value, Name, Folder, FrameShape, readDetector)
        : PoniFile.Read(Name, FrameShape, readDetector);
}

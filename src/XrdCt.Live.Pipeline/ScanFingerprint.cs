using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using XrdCt.Live.Model.Scans;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Pipeline;

/// <summary>
/// Names what decides the numbers in a pattern and its place. The source's address, the page, the slices and the ROI are none of it: they
/// may change between two processes of one scan. Nor is the backend, whose results agree.
/// </summary>
internal static class ScanFingerprint
{
    /// <summary>SHA-256 of one slice of a stack: that of the scan, and which slice it is.</summary>
    public static string Of(LiveOptions options) => options.Slice is StackSlice slice ? Of(options, [slice])[0] : OfScan(options);

    /// <summary>The same for several slices; the scan, with its megabytes of mask and corners, is read once.</summary>
    public static IReadOnlyList<string> Of(LiveOptions options, IReadOnlyList<StackSlice> slices)
    {
        string scan = OfScan(options);
        return [.. slices.Select(slice => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{scan} {slice.Number} {slice.Count} {slice.Z_um}")))))];
    }

    /// <summary>SHA-256 over the title, the plan, the integration, the geometry with its pixels, and the channels; hexadecimal.</summary>
    private static string OfScan(LiveOptions options)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ScanPlan plan = options.Plan;
        Add(hash, $"{options.Title}\n");
        Add(hash, $"{plan.Path} {plan.TranslationCount} {plan.RotationCount} {plan.Step_um} {plan.Range_deg} {plan.IncludesEnd} {plan.Anchor} {options.Corrections.Beam == BeamCorrection.Monitor} {options.Readings}\n");
        Add(hash, $"{string.Join(' ', plan.Subsets)}\n");
        Add(hash, $"{options.Integration.Options}\n{options.Integration.Axis.Lower} {options.Integration.Axis.Upper}\n");
        Add(hash, $"{options.Integration.Geometry with { Corners = null }}\n");
        foreach (Model.Sinograms.LiveChannel channel in options.Channels)
        {
            Add(hash, $"{channel}\n");
        }

        hash.AppendData(MemoryMarshal.AsBytes(options.Integration.Mask.Masked));
        Add(hash, "flat field\n", options.Integration.Corrections.FlatField.Span);
        Add(hash, "dark\n", options.Integration.Corrections.Dark.Span);
        Add(hash, "corners\n", options.Integration.Geometry.Corners is { } corners ? corners.Values : default);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, FormattableString text) => hash.AppendData(Encoding.UTF8.GetBytes(text.ToString(CultureInfo.InvariantCulture)));

    private static void Add(IncrementalHash hash, string name, ReadOnlySpan<float> values)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(name));
        hash.AppendData(MemoryMarshal.AsBytes(values));
    }
}

using XrdCt.Live.Compute.Guidance;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Guidance;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Server.Reconstruction;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Storage.Volumes;

namespace XrdCt.Live.Server.Placement;

/// <summary>What a file of a coarse scan tells for the placement of ROIs.</summary>
/// <param name="View">What is seen; the first phase is the material.</param>
/// <param name="Axis_um">Where the rotation axis is, µm from the middle translation.</param>
internal sealed record CoarseFile(PlacementView View, double Axis_um)
{
    /// <summary>Whether it holds slices, not the scan.</summary>
    public bool IsVolume { get; private init; }

    /// <summary>Where an operator kept regions of interest off while it was measured.</summary>
    public IReadOnlyList<ForbiddenZone> Zones { get; private init; } = [];

    private const RampFilter Filter = RampFilter.SheppLogan;

    /// <summary>Name of the slice that is made of all bins, or of a window of them.</summary>
    public const string Total = "total";

    /// <summary>Reads a file.</summary>
    /// <param name="location">Scan file, slices, or any sinogram.</param>
    /// <param name="how">What the caller tells of a sinogram.</param>
    /// <param name="channel">Live channel that stands for the material; null for the first one, or for the mean of the bins where there is none.</param>
    /// <param name="window">Lowest and highest radial position of the bins whose mean stands for the material instead; null for none.</param>
    /// <param name="isShown">Whether a bar is shown.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <exception cref="UserException">There is no such channel or window.</exception>
    /// <exception cref="InvalidDataException">The file is none of these, or damaged.</exception>
    public static CoarseFile Read(
        string location, SinogramReading how, string? channel, (double Low, double High)? window, bool isShown, CancellationToken stop)
    {
        string path = SinogramFile.FileOf(location);
        if (path == location && VolumeFile.IsVolume(path, ChunkUnpacking.Unpack) && !SinogramFile.IsSinogram(path, ChunkUnpacking.Unpack))
        {
            return OfVolume(path, channel, window);
        }

        using SinogramFile file = SinogramFiles.OpenCorrected(location, how, isRaw: false);
        PreparedSinogram sinogram = new(file, isShown);
        (double axis_px, _) = sinogram.FindAxis(fromData: false, stop);
        IReadOnlyList<SavedChannel> saved = window is null ? file.Channels : [];
        SavedChannel? material = channel is null
            ? saved.FirstOrDefault(c => c.Kind != LiveChannelKind.Spottiness)
            : saved.FirstOrDefault(c => c.Name == channel)
                ?? throw UserException.WrongUse($"{path} has no live channel '{channel}'{(saved.Count > 0 ? $", only {string.Join(", ", saved.Select(c => c.Name))}" : "")}: leave --channel out for the mean of all bins");
        float[] measured = material is null ? Mean(file, sinogram, window, stop)
            : material.Sinogram is { } own ? sinogram.PrepareAll([.. own], bins: 1)
            : [];
        HalfSets made = new(sinogram, measured, axis_px);
        string name = material?.Name ?? Total;
        float[] values = material?.Slice ?? made.All;
        List<PhaseMap> phases =
        [
            new PhaseMap(Map(name, sinogram, values, made.Coverage.ProjectionCount), made.First, made.Second),
            .. saved.Where(c => c != material && c.Kind != LiveChannelKind.Spottiness).Select(c => new PhaseMap(Map(c.Name, sinogram, c.Slice!, made.Coverage.ProjectionCount))),
        ];
        PlacementView view = new()
        {
            Phases = phases,
            Spottiness = saved.FirstOrDefault(c => c.Kind == LiveChannelKind.Spottiness) is { } spots ? Map(spots.Name, sinogram, spots.Slice!, made.Coverage.ProjectionCount) : null,
            Coverage = made.Coverage,
        };

        return new CoarseFile(view, axis_px * sinogram.Step_um) { Zones = file.Zones };
    }

    private static SliceMap Map(string name, PreparedSinogram sinogram, float[] values, int projections) =>
        new(name, sinogram.SampleCount, sinogram.Step_um, values, projections);

    private static float[] Mean(SinogramFile file, PreparedSinogram sinogram, (double Low, double High)? window, CancellationToken stop) =>
        window is { } range ? sinogram.MeanOf(Bins(file.Header.Radial, range, file.Header.Origin), stop) : sinogram.Total(stop);

    private static bool[] Bins(double[] radial, (double Low, double High) range, string origin)
    {
        bool[] counts = [.. radial.Select(r => r >= range.Low && r <= range.High)];
        return counts.Contains(true)
            ? counts
            : throw UserException.WrongUse(FormattableString.Invariant($"--window {range.Low},{range.High} holds no bin of {origin}, which has {radial[0]:G6} to {radial[^1]:G6}"));
    }

    // The mean over the bins, some at a time.
    private static CoarseFile OfVolume(string path, string? channel, (double Low, double High)? window)
    {
        if (channel is not null)
        {
            throw UserException.WrongUse($"{path} holds slices of bins, no channels: say --window instead of --channel");
        }

        using VolumeFile file = new(path, ChunkUnpacking.Unpack);
        VolumeHeader header = file.Header;
        bool[] counts = Bins(header.Radial, window ?? (double.NegativeInfinity, double.PositiveInfinity), path);
        double[] sum = new double[header.PixelCount];
        int[] count = new int[header.PixelCount];
        const int AtOnce = 64;
        for (int first = 0; first < header.BinCount; first += AtOnce)
        {
            int bins = Math.Min(AtOnce, header.BinCount - first);
            if (!counts.AsSpan(first, bins).Contains(true))
            {
                continue;
            }

            float[] values = file.ReadBins(first, bins);
            for (int i = 0; i < values.Length; i++)
            {
                int pixel = i % header.PixelCount;
                if (counts[first + (i / header.PixelCount)] && float.IsFinite(values[i]))
                {
                    sum[pixel] += values[i];
                    count[pixel]++;
                }
            }
        }

        int projections = (int)(file.Findings.FirstOrDefault(f => f.Name == "projections")?.Number ?? int.MaxValue);
        float[] mean = [.. sum.Select((s, i) => count[i] > 0 ? (float)(s / count[i]) : float.NaN)];
        double axis_px = header.Parameters.FirstOrDefault(p => p.Name == "centre_of_rotation/offset")?.Number ?? 0;
        return new CoarseFile(
            new PlacementView { Phases = [new PhaseMap(new SliceMap(Total, header.Size, header.PixelSize_um, mean, projections))] }, axis_px * header.PixelSize_um)
        {
            IsVolume = true,
        };
    }

    /// <summary>The slice of a sinogram, and those of every other projection in the order of their angles.</summary>
    private sealed class HalfSets
    {
        private readonly int _samples;
        private readonly double _axis_px;

        public HalfSets(PreparedSinogram sinogram, float[] measured, double axis_px)
        {
            (_samples, _axis_px) = (sinogram.SampleCount, axis_px);
            ProjectionFilter filter = new(_samples, Filter);
            float[] projection = new float[_samples];
            List<(double Angle_rad, float[] Filtered)> projections = [];
            for (int rotation = 0; rotation * _samples < measured.Length; rotation++)
            {
                if (ProjectionGaps.Bridge(measured.AsSpan(rotation * _samples, _samples), projection) > 1)
                {
                    float[] filtered = new float[filter.FilteredLength];
                    filter.Apply(projection, filtered);
                    projections.Add((sinogram.Angles_rad[rotation], filtered));
                }
            }

            (double Angle_rad, float[] Filtered)[] ordered = [.. projections.OrderBy(p => p.Angle_rad - (Math.PI * Math.Floor(p.Angle_rad / Math.PI)))];
            Coverage = AngularGaps.Measure([.. ordered.Select(p => p.Angle_rad * (180 / Math.PI))], sinogram.Angles_rad.Length);
            All = Slice(ordered);
            First = ordered.Length > 1 ? Slice([.. ordered.Where((_, i) => i % 2 == 0)]) : null;
            Second = ordered.Length > 1 ? Slice([.. ordered.Where((_, i) => i % 2 == 1)]) : null;
        }

        public AngularCoverage Coverage { get; }

        public float[] All { get; }

        public float[]? First { get; }

        public float[]? Second { get; }

        private float[] Slice((double Angle_rad, float[] Filtered)[] projections)
        {
            double[] weights = new double[projections.Length];
            AngularWeights.Compute([.. projections.Select(p => p.Angle_rad)], weights);
            BackProjector backProjector = new(_samples, _axis_px);
            double[] slice = new double[_samples * _samples];
            for (int i = 0; i < projections.Length; i++)
            {
                backProjector.Add(projections[i].Filtered, projections[i].Angle_rad, 0.5 * weights[i], slice);
            }

            BlockBackProjector circle = new(_samples, _axis_px);
            return [.. slice.Select((v, i) => projections.Length > 0 && circle.Sees(i / _samples, i % _samples) ? (float)v : float.NaN)];
        }
    }
}

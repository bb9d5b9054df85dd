using System.Diagnostics;
using System.Globalization;
using XrdCt.Live.Compute.Gpu;
using XrdCt.Live.Compute.Reconstruction;
using XrdCt.Live.Compute.Roi;
using XrdCt.Live.Compute.Sinograms;
using XrdCt.Live.Model.Roi;
using XrdCt.Live.Model.Sinograms;
using XrdCt.Live.Model.Slices;
using XrdCt.Live.Server.Configuration;
using XrdCt.Live.Server.Conversion;
using XrdCt.Live.Storage.Sinograms;
using XrdCt.Live.Storage.Volumes;

namespace XrdCt.Live.Server.Reconstruction;

/// <summary>Makes the slices of a sinogram in a file, block by block of bins, into another file.</summary>
internal sealed class ReconstructionRun
{
    private readonly SinogramFile _file;
    private readonly ReconstructionRequest _request;
    private readonly PreparedSinogram _sinogram;
    private readonly CoarseScan? _coarse;
    private readonly StartSlices? _start;
    private readonly RoiAlignment? _alignment;
    private readonly double _axis_px;
    private readonly string _axisStatus;
    private readonly List<string> _remarks = [];
    private readonly float[]? _variance;
    private readonly NoiseMap? _noise;
    private readonly (int First, int Count) _bins;
    private readonly bool[] _isPresent;
    private readonly bool _isShown;
    private readonly long _started = Stopwatch.GetTimestamp();
    private int? _iterations;

    /// <summary>Looks at axes, rotation axis and coarse scan.</summary>
    /// <param name="file">The sinogram.</param>
    /// <param name="coarse">The coarse scan of an ROI scan; null for none.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="isShown">Whether bars are shown on a terminal.</param>
    /// <param name="stop">Asks for the end.</param>
    /// <exception cref="UserException">They do not go together; the message names what, and the remedy.</exception>
    public ReconstructionRun(SinogramFile file, SinogramFile? coarse, ReconstructionRequest request, bool isShown, CancellationToken stop)
    {
        (_file, _request, _isShown) = (file, request, isShown);
        _bins = BinsOf(file.Header, request.Bins);
        CheckSize(file.Header);
        _sinogram = new PreparedSinogram(file, isShown);
        _start = request.StartFile is { } start ? new StartSlices(start, file.Header, _bins, _sinogram.SampleCount, _sinogram.Step_um) : null;
        CheckAxis(request.Axis_px ?? 0);
        (_axis_px, _axisStatus) = request.Axis_px is double told ? (told, "as told") : _sinogram.FindAxis(request.AxisFromData, stop);
        _remarks.AddRange(_sinogram.Remarks);
        _isPresent = new bool[file.Header.RotationCount];
        if (coarse is not null)
        {
            _ = _sinogram.Total(stop);
            _coarse = new CoarseScan(coarse, file.Header, _sinogram.HasValues, roiHasAir: file.Air is null, _bins, isShown, stop);
            if (!_coarse.CommonBins.Contains(true))
            {
                throw new UserException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_coarse.Origin} has no bin in common with {file.Header.Origin}, which has {file.Header.Radial[0]:G6} to {file.Header.Radial[^1]:G6}: integrate it over that range"));
            }

            _alignment = _coarse.Align(
                new ScanRays(_sinogram.Angles_rad, _sinogram.SampleCount, _sinogram.Step_um, _axis_px),
                _sinogram.MeanOf(_coarse.CommonBins, stop),
                new RoiRegistrationOptions { X_um = request.RoiCentre_um.X_um, Y_um = request.RoiCentre_um.Y_um, IsCoarseSmeared = request.IsCoarseSmeared });
            if (request.Axis_px is double nominal && _alignment.IsFitted)
            {
                _remarks.Add(string.Create(
                    CultureInfo.InvariantCulture, $"the rotation axis was told at {nominal:+0.00;-0.00;0} steps; the rays that both scans measured have it at {_alignment.Centre_px:+0.00;-0.00;0}"));
            }

            (_axis_px, _axisStatus) = (_alignment.Centre_px, _alignment.IsFitted ? "from the rays that the coarse scan measured too" : _axisStatus);
            _remarks.Add($"coarse scan: {_alignment.Status}; its own rotation axis: {_coarse.AxisStatus}");
            _remarks.Add(_coarse.Patterns.HasAir ? "the air of the coarse scan, times the scale, is taken off the ROI scan"
                : file.Air is not null && coarse.Air is not null ? "the air is off both scans as they are"
                : "the coarse scan does not say what the air scatters: it stays in");
            if (_coarse.IsRebinned)
            {
                _remarks.Add("the coarse patterns were brought onto the radial axis of the ROI scan");
            }

            if (_coarse.MissingCount > 0)
            {
                _remarks.Add($"the coarse scan lacks {_coarse.MissingCount} of the bins, of which the slices have no values");
            }
        }

        CheckAxis(_axis_px);
        _noise = NoiseOf(request);
        _variance = _noise is null ? null : file.SumVariance(_bins.First, _bins.Count);
        if (_noise is not null && _variance is null && file.BinsPerBand is int width)
        {
            _remarks.Add($"the noise is not known for these bins: the file keeps the variances of {width} bins together, and --bins would begin and end at multiples of {width}");
        }
    }

    /// <summary>Makes and writes the slices.</summary>
    /// <param name="output">Where they go.</param>
    /// <param name="overwrite">Whether an existing file is replaced.</param>
    /// <param name="stop">Asks for the end.</param>
    public ReconstructionSummary Run(string output, bool overwrite, CancellationToken stop)
    {
        using VolumeWriter writer = new(output, Header(), SetUp.Program, overwrite);
        Make(writer, stop);
        float[] sigma = Noise(stop);
        SliceConfidence confidence = Confidence(stop) with { NoiseToSignal = ConfidenceTrack.NoiseShare(writer.Total(), sigma) };
        writer.Finish(
            sigma,
            [
                confidence.Coverage.ProjectionCount,
                confidence.Coverage.WidestGap_deg,
                confidence.HalfSetCorrelation,
                confidence.ReferenceCorrelation,
                _iterations ?? 0,
                .. _variance is null ? [] : (double[])[confidence.NoiseToSignal],
            ]);
        return new ReconstructionSummary
        {
            Output = Path.GetFullPath(output),
            Bins = _bins.Count,
            Size = _sinogram.SampleCount,
            PixelSize_um = _sinogram.Step_um,
            Projections = _isPresent.Count(p => p),
            Axis_px = _axis_px,
            AxisStatus = _axisStatus,
            Confidence = confidence,
            Alignment = _alignment,
            Iterations = _iterations,
            Remarks = _remarks,
            Elapsed_s = Stopwatch.GetElapsedTime(_started).TotalSeconds,
        };
    }

    // Three things go on at once: the next blocks are read, some are made, and the last ones are packed into the file.
    private void Make(VolumeWriter writer, CancellationToken stop)
    {
        int workers = WorkerCount();
        using GpuDevice? device = _request.Backend is ComputeBackend.Cpu ? null : GpuDevice.Open(_request.Backend);
        List<Worker> crew = [];
        Task writing = Task.CompletedTask;
        try
        {
            crew.AddRange(Enumerable.Range(0, workers).Select(_ => new Worker(Maker(device), _sinogram)));
            SinogramPass.Run(
                _file,
                _isShown ? "reconstructing" : null,
                (first, count, values) =>
                {
                    // At most as many blocks as workers come at once.
                    int some = BinBlock.Count(count);
                    Parallel.For(0, some, new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = stop }, i =>
                        crew[i].Make(values, count, i, ((first - _bins.First) / BinBlock.Width) + i));
                    _sinogram.Take(first, count, values.Span);
                    for (int i = 0; i < some; i++)
                    {
                        crew[i].MergePresent(_isPresent);
                        _iterations = crew[i].Iterations is int used ? Math.Max(_iterations ?? 0, used) : _iterations;
                    }

                    (ReadOnlyMemory<float> Slices, int Count)[] made = [.. Enumerable.Range(0, some).Select(i => (crew[i].Slices(BinBlock.BinsOf(count, i)), BinBlock.BinsOf(count, i)))];
                    writing.GetAwaiter().GetResult();
                    writing = Task.Run(() => Array.ForEach(made, m => writer.Write(m.Slices, m.Count)), CancellationToken.None);
                },
                stop,
                _bins.First..(_bins.First + _bins.Count),
                workers * BinBlock.Width,
                readsAhead: true);
            writing.GetAwaiter().GetResult();
        }
        finally
        {
            // The writer is about to be closed, whatever went wrong.
            Task.WaitAny([writing], CancellationToken.None);
            crew.ForEach(worker => worker.Dispose());
        }
    }

    // As many as there are threads and blocks, and as fit into half of the memory.
    private int WorkerCount()
    {
        long worker_bytes = sizeof(float) * BinBlock.Width * ((3L * _file.Header.CellCount) + (3L * _sinogram.SampleCount * _sinogram.SampleCount));
        long fitting = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 / worker_bytes;
        return (int)Math.Max(1, Math.Min(Math.Min(_request.Threads, BinBlock.Count(_bins.Count)), fitting));
    }

    private static void CheckSize(SinogramHeader header)
    {
        long side = header.TranslationCount;
        if (Math.Max((long)header.CellCount, side * side) * BinBlock.Width > Array.MaxLength / 2)
        {
            throw new UserException(
                $"{header.Origin} has {header.RotationCount} rotations of {side} translations, and {BinBlock.Width} bins of it do not fit into memory together: "
                + "cut it into smaller files");
        }
    }

    private void CheckAxis(double axis_px)
    {
        if (!(Math.Abs(axis_px) < _sinogram.SampleCount / 2))
        {
            throw UserException.WrongUse(string.Create(
                CultureInfo.InvariantCulture,
                $"--cor {axis_px:0.##} is not within half of the {_sinogram.SampleCount} translations of {_file.Header.Origin}: it counts steps from the middle one"));
        }
    }

    private static (int First, int Count) BinsOf(SinogramHeader header, Range range)
    {
        try
        {
            (int first, int count) = range.GetOffsetAndLength(header.BinCount);
            return count > 0 ? (first, count) : throw UserException.WrongUse($"--bins names no bin of the {header.BinCount} of {header.Origin}");
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw UserException.WrongUse($"--bins goes beyond the {header.BinCount} bins of {header.Origin}", e);
        }
    }

    private IBlockMaker Maker(GpuDevice? device)
    {
        double[] angles_rad = _sinogram.Angles_rad;
        int samples = _sinogram.SampleCount;
        FbpMaker? fbp = _request.HasFbp ? new FbpMaker(Fbp(device), angles_rad, samples, FilterOf()) : null;
        return _request.Solver == SolverKind.Fbp ? fbp! : new SolverMaker(_request, angles_rad, samples, _axis_px, fbp, _start);
    }

    private IBlockFbp Fbp(GpuDevice? device)
    {
        ProjectionFilter ramp = new(_sinogram.SampleCount, _request.Filter);
        int rotations = _sinogram.Angles_rad.Length;
        return device is null
            ? new BlockFbp(ramp, rotations, _axis_px, _request.HasEvenWeights)
            : new GpuBlockFbp(device, ramp, rotations, _axis_px, _request.HasEvenWeights);
    }

    private Func<int, RowFilter>? FilterOf()
    {
        int samples = _sinogram.SampleCount;
        if (_coarse is not null)
        {
            return block => _coarse.Patterns.ForBlock(block, _request.RoiMode, _alignment!, samples, _sinogram.Step_um, _request.Filter);
        }

        if (_request.RoiMode == RoiMode.Extension)
        {
            RoiExtension extension = new(samples, _request.Filter, fade_px: 3 * samples, width: BinBlock.Width);
            return _ => extension.Apply;
        }

        return null;
    }

    private VolumeHeader Header()
    {
        SinogramHeader header = _file.Header;
        return new VolumeHeader
        {
            Size = _sinogram.SampleCount,
            PixelSize_um = _sinogram.Step_um,
            Radial = header.Radial[_bins.First..(_bins.First + _bins.Count)],
            Unit = header.Unit,
            Energy_keV = header.Energy_keV,
            Slice = header.Slice,
            Title = header.Title,
            Origin = header.Origin,
            Parameters = [.. Parameters()],
            Outside = _request.RoiMode == RoiMode.None ? null : new RoiFindings(_request.RoiMode, _coarse?.Origin ?? "", _alignment, _coarse?.Patterns.HasAir ?? false),
            Findings =
            [
                ("projections", ""),
                ("widest_gap", "degree"),
                ("half_set_correlation", ""),
                ("reference_correlation", ""),
                ("iterations", ""),
                .. _variance is null ? [] : ((string, string)[])[("noise_to_signal", "")],
            ],
            HasNoise = _variance is not null,
        };
    }

    private IEnumerable<VolumeParameter> Parameters()
    {
        yield return VolumeParameter.Of("solver", _request.Solver.ToString().ToLowerInvariant());
        if (_request.HasFbp)
        {
            yield return VolumeParameter.Of("filter", SetUp.NameOf(_request.Filter));
            yield return VolumeParameter.Of("angular_weights", _request.HasEvenWeights ? "even" : "gaps");
            yield return VolumeParameter.Of("backend", _request.Backend.ToString().ToLowerInvariant());
        }

        if (_request.Solver != SolverKind.Fbp)
        {
            yield return VolumeParameter.Of("most_iterations", _request.Options.Iterations);
            yield return VolumeParameter.Of("non_negative", _request.Options.IsNonNegative ? 1 : 0);
            yield return VolumeParameter.Of("least_change", _request.Options.LeastChange);
            yield return VolumeParameter.Of("relaxation", _request.Options.Relaxation);
            yield return VolumeParameter.Of("start", _request.StartFile is { } file ? Path.GetFullPath(file) : _request.Start);
        }

        yield return VolumeParameter.Of("centre_of_rotation/offset", _axis_px, "step");
        yield return VolumeParameter.Of("centre_of_rotation/status", _axisStatus);
        yield return VolumeParameter.Of("remarks", string.Join("; ", _remarks));
    }

    // What is known of the noise of the filter that is used: a solver has none, and a coarse scan must have all of the bins.
    private NoiseMap? NoiseOf(ReconstructionRequest request)
    {
        int samples = _sinogram.SampleCount;
        return request.Solver != SolverKind.Fbp ? null
            : _coarse is not null
                ? HasAllBins(_coarse) ? _coarse.Patterns.Noise(_alignment!, samples, _sinogram.Step_um, request.Filter) : null
            : request.RoiMode == RoiMode.Extension
                ? new RoiExtension(samples, request.Filter, fade_px: 3 * samples).Noise(_axis_px)
            : new NoiseMap(samples, request.Filter, _axis_px);
    }

    private bool HasAllBins(CoarseScan coarse) =>
        Enumerable.Range(_bins.First, _bins.Count).All(bin => coarse.CommonBins[bin] || !_sinogram.HasValues[bin]);

    // Of the mean over the bins; empty where it is not known.
    private float[] Noise(CancellationToken stop)
    {
        if (_variance is null)
        {
            return [];
        }

        // Which bins have values is known once all of them were looked at.
        _ = _sinogram.Total(stop);
        (NoiseMap map, float[] variance) = _sinogram.PrepareNoise(_noise!, _variance);
        float[] sigma = new float[map.Size * map.Size];
        map.Compute(_sinogram.Angles_rad, variance, sigma, _request.HasEvenWeights);
        int bins = _sinogram.HasValues.Slice(_bins.First, _bins.Count).Count(true);
        for (int i = 0; i < sigma.Length; i++)
        {
            sigma[i] /= bins;
        }

        return sigma;
    }

    // By the mean over all bins: of single bins the noise would be told.
    private SliceConfidence Confidence(CancellationToken stop)
    {
        int samples = _sinogram.SampleCount;
        float[] total = _sinogram.Total(stop);
        ProjectionFilter filter = new(samples, _request.Filter);
        float[] projection = new float[samples];
        List<(double Angle_rad, float[] Filtered)> projections = [];
        for (int rotation = 0; rotation < _isPresent.Length; rotation++)
        {
            if (_isPresent[rotation] && ProjectionGaps.Bridge(total.AsSpan(rotation * samples, samples), projection) > 1)
            {
                float[] filtered = new float[filter.FilteredLength];
                filter.Apply(projection, filtered);
                projections.Add((_sinogram.Angles_rad[rotation], filtered));
            }
        }

        AngularCoverage coverage = AngularGaps.Measure([.. projections.Select(p => p.Angle_rad * (180 / Math.PI))], _isPresent.Length);
        (double Angle_rad, float[] Filtered)[] ordered = [.. projections.OrderBy(p => p.Angle_rad - (Math.PI * Math.Floor(p.Angle_rad / Math.PI)))];

        // Of a truncated scan both halves would agree in what comes from outside.
        return _request.RoiMode != RoiMode.None ? new SliceConfidence(coverage, double.NaN, double.NaN, double.NaN)
            : new SliceConfidence(coverage, SliceCorrelation.Compute(Half(ordered, 0), Half(ordered, 1)), double.NaN, double.NaN);
    }

    // Every other projection in the order of their angles.
    private float[] Half((double Angle_rad, float[] Filtered)[] ordered, int parity)
    {
        (double Angle_rad, float[] Filtered)[] half = [.. ordered.Where((_, i) => i % 2 == parity)];
        double[] weights = new double[half.Length];
        AngularWeights.Compute([.. half.Select(p => p.Angle_rad)], weights);
        int samples = _sinogram.SampleCount;
        BackProjector backProjector = new(samples, _axis_px);
        double[] slice = new double[samples * samples];
        for (int i = 0; i < half.Length; i++)
        {
            backProjector.Add(half[i].Filtered, half[i].Angle_rad, 0.5 * weights[i], slice);
        }

        // The corners, which no projection sees, would count as agreement.
        BlockBackProjector circle = new(samples, _axis_px);
        return [.. slice.Select((v, i) => circle.Sees(i / samples, i % samples) ? (float)v : float.NaN)];
    }

    /// <summary>The memory of a thread.</summary>
    private sealed class Worker(IBlockMaker maker, PreparedSinogram sinogram) : IDisposable
    {
        private readonly bool[] _isPresent = new bool[sinogram.Header.RotationCount];
        private readonly float[] _scratch = new float[sinogram.Header.CellCount * BinBlock.Width];
        private readonly Memory<float> _projections = BinBlock.Allocate((long)sinogram.Header.CellCount * BinBlock.Width);

        // Two, since one is being written while the next is made.
        private readonly Memory<float>[] _slices =
        [
            BinBlock.Allocate((long)sinogram.SampleCount * sinogram.SampleCount * BinBlock.Width),
            BinBlock.Allocate((long)sinogram.SampleCount * sinogram.SampleCount * BinBlock.Width),
        ];

        private int _current;

        public int? Iterations { get; private set; }

        public void Dispose() => maker.Dispose();

        public void Make(ReadOnlyMemory<float> values, int bins, int blockOfValues, int block)
        {
            sinogram.Prepare(values.Span, bins, blockOfValues, _scratch, _projections.Span);
            if (maker.NeedsBridges)
            {
                PreparedSinogram.Bridge(_projections.Span, sinogram.SampleCount, _isPresent);
            }
            else
            {
                PreparedSinogram.FindMeasured(_projections.Span, _isPresent);
            }

            _current = 1 - _current;
            Iterations = maker.Make(block, _projections, _isPresent, _slices[_current])?.Iterations.Max();
        }

        public void MergePresent(bool[] isPresent)
        {
            for (int i = 0; i < isPresent.Length; i++)
            {
                isPresent[i] |= _isPresent[i];
            }
        }

        /// <summary>The slices without the padding; they stay until those after the next are made.</summary>
        public ReadOnlyMemory<float> Slices(int bins)
        {
            Memory<float> slices = _slices[_current];
            if (bins == BinBlock.Width)
            {
                return slices;
            }

            float[] own = new float[slices.Length / BinBlock.Width * bins];
            for (int i = 0; i * bins < own.Length; i++)
            {
                slices.Span.Slice(i * BinBlock.Width, bins).CopyTo(own.AsSpan(i * bins));
            }

            return own;
        }
    }
}

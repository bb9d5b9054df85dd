using XrdCt.Live.Model.Scans;

namespace XrdCt.Live.Compute.Reconstruction;

/// <summary>
/// Which filtered projections slices hold, in which rows of memory and with which weights, and what must be added to bring them up to date: the
/// book-keeping that <see cref="ProgressiveBlock"/> and its counterpart on a device share. Not thread-safe. Nothing is allocated after
/// construction.
/// </summary>
internal sealed class ProjectionLedger
{
    // An exchange needs the old projection until the slices are up to date: room for one in sixteen. Where more are exchanged at once, the
    // slices are made anew.
    private const int RowsPerSpare = 16;
    private const int None = -1;

    // Weights in rad; ProgressiveSlice's limit.
    private const double SameWeight = 1e-12;

    private readonly ScanPlan _plan;
    private readonly Stack<int> _free;
    private readonly int _spareRows;
    private readonly int[] _rowOfRotation;
    private readonly int[] _rowInSlices;
    private readonly double[] _weightInSlices;
    private readonly double[] _weights;
    private readonly bool[] _isBroken;
    private readonly ProjectionTerm[] _terms;
    private readonly int[] _present;
    private readonly double[] _angles_rad;
    private bool _isStale;
    private int _exchanged;

    /// <summary>Opens an empty ledger.</summary>
    /// <param name="plan">Scan plan; gives the angles.</param>
    public ProjectionLedger(ScanPlan plan)
    {
        _plan = plan;
        _spareRows = 1 + (plan.RotationCount / RowsPerSpare);
        RowCount = RowsOf(plan);
        _free = new Stack<int>(Enumerable.Range(0, RowCount).Reverse());
        _isBroken = new bool[RowCount];
        _rowOfRotation = new int[plan.RotationCount];
        Array.Fill(_rowOfRotation, None);
        _rowInSlices = new int[plan.RotationCount];
        Array.Fill(_rowInSlices, None);
        _weightInSlices = new double[plan.RotationCount];
        _weights = new double[plan.RotationCount];
        _present = new int[plan.RotationCount];
        _angles_rad = new double[plan.RotationCount];
        _terms = new ProjectionTerm[2 * plan.RotationCount];
    }

    /// <summary>Rows of memory for filtered projections.</summary>
    public int RowCount { get; }

    /// <summary>Projections that are in, whether the slices show them already or not.</summary>
    public int ProjectionCount { get; private set; }

    /// <summary>Projections that the slices show.</summary>
    public int ShownCount { get; private set; }

    /// <summary>Widest angle between neighbouring projections in the slices, degrees: 180 before the second.</summary>
    public double LargestGap_deg { get; private set; } = 180;

    /// <summary>Whether something changed since the last <see cref="Settle"/>.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>Rows of memory for filtered projections of a scan.</summary>
    public static int RowsOf(ScanPlan plan) => plan.RotationCount + 1 + (plan.RotationCount / RowsPerSpare);

    /// <summary>Angle of a rotation, rad.</summary>
    public double Angle_rad(int rotation) => _plan.Angle_deg(rotation) * (Math.PI / 180);

    /// <summary>Takes a projection in, or exchanges it.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    /// <returns>The row that is to hold it.</returns>
    public int Put(int rotation)
    {
        int row = RowFor(rotation);
        ProjectionCount += _rowOfRotation[rotation] == None ? 1 : 0;
        _rowOfRotation[rotation] = row;
        IsBehind = true;
        return row;
    }

    /// <summary>Says whether a row holds what cannot be taken out again by subtraction: NaN, infinities.</summary>
    public void SetBroken(int row, bool isBroken) => _isBroken[row] = isBroken;

    /// <summary>Takes a projection out; without effect where it is not in.</summary>
    /// <param name="rotation">Index of the rotation.</param>
    public void Withdraw(int rotation)
    {
        int row = _rowOfRotation[rotation];
        if (row == None)
        {
            return;
        }

        int shown = _rowInSlices[rotation];
        if (row != shown)
        {
            _free.Push(row);
            _exchanged -= shown != None ? 1 : 0;
        }

        _rowOfRotation[rotation] = None;
        ProjectionCount--;
        IsBehind = true;
    }

    /// <summary>Takes all projections out.</summary>
    public void WithdrawAll()
    {
        for (int rotation = 0; rotation < _plan.RotationCount; rotation++)
        {
            Withdraw(rotation);
        }

        Renew();
    }

    /// <summary>Has the slices made anew.</summary>
    public void Renew()
    {
        _isStale = true;
        IsBehind = true;
    }

    /// <summary>What is to be added.</summary>
    /// <param name="isAnew">Whether to nothing: the slices are to be made anew.</param>
    public ReadOnlySpan<ProjectionTerm> Terms(out bool isAnew)
    {
        Weigh();
        int count = Changes(out int changed, out bool isBroken);
        isAnew = _isStale || isBroken || 2 * changed > ProjectionCount;
        return _terms.AsSpan(0, isAnew ? All() : count);
    }

    /// <summary>The slices are up to date.</summary>
    public void Settle()
    {
        int next = 0;
        for (int rotation = 0; rotation < _plan.RotationCount; rotation++)
        {
            int before = _rowInSlices[rotation];
            int now = _rowOfRotation[rotation];
            if (before != None && before != now)
            {
                _free.Push(before);
            }

            _rowInSlices[rotation] = now;
            _weightInSlices[rotation] = now == None ? 0 : _weights[next++];
        }

        ShownCount = ProjectionCount;
        _exchanged = 0;
        _isStale = false;
        IsBehind = false;
    }

    // Every rotation has a row of its own, or one that is free for it.
    private int RowFor(int rotation)
    {
        int shown = _rowInSlices[rotation];
        int row = _rowOfRotation[rotation];
        if (row != shown && row != None)
        {
            return row;
        }

        if (shown == None)
        {
            return _free.Pop();
        }

        if (!_isStale && _exchanged < _spareRows)
        {
            _exchanged++;
            return _free.Pop();
        }

        // Written over what the slices hold, which can then no longer be taken out.
        _isStale = true;
        return shown;
    }

    // The ½ belongs to the filter, whose response is twice the ramp (scikit-image's convention).
    private ProjectionTerm Term(int row, int rotation, double weight) => new(row, Angle_rad(rotation), 0.5 * weight);

    private void Weigh()
    {
        int count = 0;
        for (int rotation = 0; rotation < _plan.RotationCount; rotation++)
        {
            if (_rowOfRotation[rotation] != None)
            {
                _present[count] = rotation;
                _angles_rad[count++] = Angle_rad(rotation);
            }
        }

        LargestGap_deg = AngularWeights.Compute(_angles_rad.AsSpan(0, count), _weights.AsSpan(0, count)) * (180 / Math.PI);
    }

    /// <summary>Terms that turn what the slices hold into what they should.</summary>
    private int Changes(out int changed, out bool isBroken)
    {
        int count = 0;
        int next = 0;
        changed = 0;
        isBroken = false;
        for (int rotation = 0; rotation < _plan.RotationCount; rotation++)
        {
            int before = _rowInSlices[rotation];
            int now = _rowOfRotation[rotation];
            double weight = now == None ? 0 : _weights[next++];
            double change = weight - _weightInSlices[rotation];
            int first = count;
            if (before == now)
            {
                if (now != None && Math.Abs(change) > SameWeight)
                {
                    _terms[count++] = Term(now, rotation, change);
                }
            }
            else
            {
                if (before != None)
                {
                    isBroken |= _isBroken[before];
                    _terms[count++] = Term(before, rotation, -_weightInSlices[rotation]);
                }

                if (now != None)
                {
                    _terms[count++] = Term(now, rotation, weight);
                }
            }

            changed += count > first ? 1 : 0;
        }

        return count;
    }

    private int All()
    {
        for (int i = 0; i < ProjectionCount; i++)
        {
            _terms[i] = Term(_rowOfRotation[_present[i]], _present[i], _weights[i]);
        }

        return ProjectionCount;
    }
}
